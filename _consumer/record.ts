/**
 * The objects that a consumer hands out: a value with its place in the stream.
 *
 * @module
 */
import type { KinesisApiRecord } from "../client/mod.ts";
import type { Unpacked } from "../processors/mod.ts";
import { recordId } from "../record_id.ts";
import type { ConsumerRecord } from "../records.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";

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
}

/** A value with its ticket. A class, so that all records share `ack` and the getter of `id`. */
export class DeliveredRecord<T> implements ConsumerRecord<T> {
  readonly value: T;
  readonly streamName: string;
  readonly streamARN?: string;
  readonly shardId: string;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;
  readonly #progress: ShardProgress;
  readonly #ticket: Ticket;

  /** `ticket` is the entry of the value in the progress of the shard. */
  constructor(
    item: Extract<Unpacked<T>, { type: "value" }>,
    raw: KinesisApiRecord,
    source: RecordSource,
    ticket: Ticket,
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
    this.#progress = source.progress;
    this.#ticket = ticket;
  }

  get id(): string {
    return recordId(this);
  }

  ack(): void {
    this.#progress.acknowledge(this.#ticket);
  }
  /** JSON has the fields only, and `id` is none. */
  toJSON(): Omit<ConsumerRecord<T>, "ack"> {
    return { ...this, id: this.id };
  }
}
