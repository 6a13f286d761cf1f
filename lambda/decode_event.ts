/**
 * Decodes the records of an event into values.
 *
 * @module
 */
import { decodeBase64 } from "../_core/base64.ts";
import type { DecodeError } from "../errors.ts";
import type { Processor, Unpacked } from "../processors/processor.ts";
import { recordId } from "../record_id.ts";
import type { DecodedRecord, KinesisRecord } from "../records.ts";
import type { KinesisStreamEvent, KinesisStreamEventRecord } from "./event.ts";
import type { StrayFilter } from "./strays.ts";

/** The part of a {@linkcode Processor} that reads. */
export type EventDecoder<T> = Pick<Processor<T>, "unpack">;

/** Options of {@linkcode decodeEvent}. */
export interface DecodeEventOptions<T> {
  /** Turns Kinesis records into values: a processor, or {@linkcode jsonValues}. */
  processor: EventDecoder<T>;
  /**
   * Drops values of aggregated records that their producer sends again, see
   * {@linkcode dropStrays}. Without it, such values arrive twice after a split. Records with one
   * value each never need it.
   */
  strays?: StrayFilter;
}

/** A value, or the error of a value that cannot be decoded. */
export type DecodedItem<T> =
  | { readonly type: "value"; readonly record: DecodedRecord<T> }
  | {
    readonly type: "error";
    readonly error: DecodeError;
    readonly sequenceNumber: string;
    readonly shardId: string;
  };

/** A value that was not processed, and the reason. */
export interface EventFailure<T> {
  /** What the handler threw, or the {@linkcode DecodeError}. */
  readonly error: unknown;
  /** The value. Absent if it cannot be decoded. */
  readonly record?: DecodedRecord<T>;
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the record. */
  readonly sequenceNumber: string;
}

/** A value of an event. A class, so that `id` is made only if it is read. */
class EventRecord<T> implements DecodedRecord<T> {
  readonly value: T;
  readonly streamName: string;
  readonly streamARN: string;
  readonly shardId: string;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;

  constructor(
    item: Extract<Unpacked<T>, { type: "value" }>,
    raw: KinesisRecord,
  ) {
    this.value = item.value;
    this.streamName = raw.streamName;
    this.streamARN = raw.streamARN!;
    this.shardId = raw.shardId;
    this.partitionKey = item.partitionKey;
    this.explicitHashKey = item.explicitHashKey;
    this.sequenceNumber = raw.sequenceNumber;
    this.subSequenceNumber = item.subSequenceNumber;
    this.approximateArrivalTimestamp = raw.approximateArrivalTimestamp;
  }

  get id(): string {
    return recordId(this);
  }

  toJSON(): DecodedRecord<T> {
    return { ...this, id: this.id };
  }
}

/**
 * Decodes the records of an event, in their order. A value that cannot be decoded is an item with an
 * error; the others of its record come before and after it.
 *
 * @throws {TypeError} if it is not an event of a Kinesis stream
 */
export async function* decodeEvent<T>(
  event: KinesisStreamEvent,
  { processor, strays }: DecodeEventOptions<T>,
): AsyncGenerator<DecodedItem<T>, void> {
  if (!Array.isArray(event?.Records)) {
    throw new TypeError("Cannot decode the event as it has no 'Records'");
  }
  for (const record of event.Records) {
    const raw = rawOf(record);
    const items = await processor.unpack(raw);
    const dropped = await strays?.(items, raw);
    for (const [index, item] of items.entries()) {
      if (dropped?.has(index)) continue;
      yield item.type === "value"
        ? { type: "value", record: new EventRecord(item, raw) }
        : {
          type: "error",
          error: item.error,
          sequenceNumber: raw.sequenceNumber,
          shardId: raw.shardId,
        };
    }
  }
}

function rawOf({ eventID, eventSourceARN, kinesis }: KinesisStreamEventRecord) {
  const shardId = String(eventID).split(":")[0]!;
  // With enhanced fan-out, the ARN of the consumer follows that of the stream.
  const [streamARN, streamName] =
    /^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/([^/]+)/.exec(eventSourceARN) ?? [];
  if (!kinesis || streamARN === undefined) {
    throw new TypeError(
      `Cannot decode the event as a record is not one of Kinesis: its 'eventSourceARN' is "${eventSourceARN}"`,
    );
  }
  const { approximateArrivalTimestamp: seconds } = kinesis;
  return {
    streamName: streamName!,
    streamARN,
    shardId,
    partitionKey: kinesis.partitionKey,
    sequenceNumber: kinesis.sequenceNumber,
    data: decodeBase64(kinesis.data),
    ...(seconds !== undefined &&
      { approximateArrivalTimestamp: new Date(Math.round(seconds * 1000)) }),
  };
}
