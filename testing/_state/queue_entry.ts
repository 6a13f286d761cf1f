/**
 * One record of a queue.
 *
 * @module
 */
import { hashKeyOf } from "../../_aws/hash_key.ts";
import type { StoredRecord } from "./record_log.ts";
import type { Shard } from "./shard.ts";
import type { Stream } from "./stream.ts";

/** A record and where it is stored in its stream. */
export interface SourceRecord {
  readonly record: StoredRecord;
  readonly shard: Shard;
  /** The offset in the log of the shard. */
  readonly offset: number;
}

/** The delivery state of one record in one queue. Only the queue changes it. */
export class QueueEntry {
  /** The number of the entry in its queue. Later records have greater numbers. */
  readonly id: number;
  readonly record: StoredRecord;
  /** How often the record was received since it arrived or was restored. */
  receiveCount = 0;
  /** When it was first received, in milliseconds since the epoch. */
  firstReceivedAt: number | undefined;
  /** How often a receipt handle was issued. Only the latest handle is valid. */
  deliveries = 0;
  /** When it becomes visible again, in milliseconds since the epoch. Set while it is in flight. */
  visibleAt: number | undefined;
  /** The index in the list of visible records; -1 if the record is not visible. */
  index = -1;
  readonly #source: SourceRecord;
  #recordId: string | undefined;

  constructor(id: number, source: SourceRecord) {
    this.id = id;
    this.record = source.record;
    this.#source = source;
  }

  /** The shard that stores the record. */
  get shardId(): string {
    return this.#source.shard.id;
  }

  /**
   * The RecordId: 32 hexadecimal digits, which depend only on the stream and the place of the
   * record in it. So every queue of the stream has the same id.
   */
  recordId(stream: Stream): string {
    return this.#recordId ??= recordIdOf(stream, this.#source);
  }
}

function recordIdOf(
  { arn, createdAt }: Stream,
  { record, shard, offset }: SourceRecord,
): string {
  const number = shard.numbers.write(record.time, offset);
  return hashKeyOf(`${arn} ${createdAt} ${number}`).toString(16)
    .padStart(32, "0");
}
