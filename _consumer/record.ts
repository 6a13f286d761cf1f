/**
 * The record that a consumer hands out.
 *
 * @module
 */
import type { KinesisApiRecord } from "../client/mod.ts";
import type { Unpacked } from "../processors/mod.ts";
import type { ConsumerRecord } from "../records.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";

/** The shard that records are handed out of. */
export interface RecordSource {
  /** The stream. */
  readonly streamName: string;
  /** The shard. */
  readonly shardId: string;
  /** Hears about acknowledgements. */
  readonly progress: ShardProgress;
}

/** A record with its ticket; a class, so that ten thousand of them share one `ack`. */
export class DeliveredRecord<T> implements ConsumerRecord<T> {
  readonly value: T;
  readonly streamName: string;
  readonly shardId: string;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;
  readonly #progress: ShardProgress;
  readonly #ticket: Ticket;

  /** Makes a record of a value inside a Kinesis record; its ticket is handed in at the progress of the shard. */
  constructor(
    item: Extract<Unpacked<T>, { type: "value" }>,
    raw: KinesisApiRecord,
    source: RecordSource,
    ticket: Ticket,
  ) {
    this.value = item.value;
    this.streamName = source.streamName;
    this.shardId = source.shardId;
    this.partitionKey = item.partitionKey;
    this.explicitHashKey = item.explicitHashKey;
    this.sequenceNumber = raw.SequenceNumber;
    this.subSequenceNumber = item.subSequenceNumber;
    this.approximateArrivalTimestamp = raw.ApproximateArrivalTimestamp;
    this.#progress = source.progress;
    this.#ticket = ticket;
  }

  ack(): void {
    this.#progress.acknowledge(this.#ticket);
  }
}
