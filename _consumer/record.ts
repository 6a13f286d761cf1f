/**
 * The record that a consumer hands out.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";

/** Everything about where a value came from. */
export interface RecordOrigin {
  /** See {@linkcode ConsumerRecord}. */
  readonly streamName: string;
  /** See {@linkcode ConsumerRecord}. */
  readonly shardId: string;
  /** See {@linkcode ConsumerRecord}. */
  readonly partitionKey: string;
  /** See {@linkcode ConsumerRecord}. */
  readonly explicitHashKey: string | undefined;
  /** See {@linkcode ConsumerRecord}. */
  readonly sequenceNumber: string;
  /** See {@linkcode ConsumerRecord}. */
  readonly subSequenceNumber: number;
  /** See {@linkcode ConsumerRecord}. */
  readonly approximateArrivalTimestamp: Date | undefined;
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

  /** Makes a record that reports to the progress of its shard. */
  constructor(
    value: T,
    origin: RecordOrigin,
    progress: ShardProgress,
    ticket: Ticket,
  ) {
    this.value = value;
    this.streamName = origin.streamName;
    this.shardId = origin.shardId;
    this.partitionKey = origin.partitionKey;
    this.explicitHashKey = origin.explicitHashKey;
    this.sequenceNumber = origin.sequenceNumber;
    this.subSequenceNumber = origin.subSequenceNumber;
    this.approximateArrivalTimestamp = origin.approximateArrivalTimestamp;
    this.#progress = progress;
    this.#ticket = ticket;
  }

  ack(): void {
    this.#progress.acknowledge(this.#ticket);
  }
}
