/**
 * The objects that a consumer hands out: a value with its place in the stream.
 *
 * @module
 */
import type { KinesisApiRecord } from "../../client/mod.ts";
import type { Unpacked } from "../../processors/mod.ts";
import { recordId } from "../../record_id.ts";
import type { ConsumerRecord, FencingToken } from "../../records.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";

/** What processing does with the shard of a record. A {@linkcode ShardSession} is one. */
export interface RecordShard {
  /** The options of its stream. */
  readonly options: Pick<ConsumerSettings, "hooks" | "stream">;
  /** Aborts when this worker stops reading the shard: its lease is lost, or given back. */
  readonly signal: AbortSignal;
  /** Aborts when no further value is handed out, because the lease is to be passed on. */
  readonly draining: AbortSignal;
  /** Who holds the lease, and its counter when it was taken. */
  readonly fencingToken: FencingToken;
  /** While a shard is held, no value of it is handed out. */
  hold(isHeld: boolean): void;
  /** Notes that the values without an acknowledgement are not processed by this worker. */
  settle(): void;
  /** Stops reading the shard and gives its lease back, so that another worker can take it. */
  giveUp(reason: Error): void;
}

/** The shard of a record. */
export interface RecordSource {
  /** The stream. */
  readonly streamName: string;
  /** Its ARN, if the consumer was given that. */
  readonly streamARN?: string;
  /** The shard. */
  readonly shardId: string;
  /** Follows which values are acknowledged. */
  readonly progress: ShardProgress;
  /** The session that reads the shard. */
  readonly shard: RecordShard;
}

/**
 * A value with its ticket. A class, so that all records share `ack` and the getter of `id`. It
 * names the fields itself: with a base class for them, a record took 29 ns and not 21 ns.
 */
export class DeliveredRecord<T> implements ConsumerRecord<T> {
  readonly value: T;
  readonly streamName: string;
  readonly streamARN?: string;
  readonly shardId: string;
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;
  readonly #source: RecordSource;
  readonly #ticket: Ticket;
  readonly #bytes: number;

  /**
   * `ticket` is the entry of the value in the progress of the shard, `bytes` its part of the data of
   * the Kinesis record.
   */
  constructor(
    item: Extract<Unpacked<T>, { type: "value" }>,
    raw: KinesisApiRecord,
    source: RecordSource,
    ticket: Ticket,
    bytes: number,
  ) {
    this.value = item.value;
    this.streamName = source.streamName;
    this.streamARN = source.streamARN;
    this.shardId = source.shardId;
    this.partitionKey = item.partitionKey;
    this.explicitHashKey = item.explicitHashKey;
    this.sequenceNumber = raw.SequenceNumber;
    this.subSequenceNumber = item.subSequenceNumber;
    this.approximateArrivalTimestamp = raw.ApproximateArrivalTimestamp;
    this.#source = source;
    this.#ticket = ticket;
    this.#bytes = bytes;
  }

  get id(): string {
    return recordId(this);
  }

  ack(): void {
    this.#source.progress.acknowledge(this.#ticket);
  }

  /** The shard of a record that a consumer has handed out. */
  static shardOf(record: ConsumerRecord<unknown>): RecordShard {
    return (record as DeliveredRecord<unknown>).#source.shard;
  }

  /**
   * Tests whether records of a shard come before one that is acknowledged, or before one of `begun`,
   * which are of the same shard.
   */
  static overtakenBy(
    begun: readonly ConsumerRecord<unknown>[],
  ): (record: ConsumerRecord<unknown>) => boolean {
    const ticketOf = (record: ConsumerRecord<unknown>) =>
      (record as DeliveredRecord<unknown>).#ticket;
    const tickets = new Set(begun.map(ticketOf));
    let overtaken: ReadonlySet<Ticket> | undefined;
    return (record) => {
      const { progress } = (record as DeliveredRecord<unknown>).#source;
      overtaken ??= progress.overtaken(tickets);
      return overtaken.has(ticketOf(record));
    };
  }

  /** The part of a value in the undecoded data of its Kinesis record, in bytes, rounded up. */
  static bytesOf(record: ConsumerRecord<unknown>): number {
    return (record as DeliveredRecord<unknown>).#bytes;
  }

  /** JSON has the fields only, and `id` is none. */
  toJSON(): Omit<ConsumerRecord<T>, "ack"> {
    return { ...this, id: this.id };
  }
}
