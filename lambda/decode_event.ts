/**
 * Decodes the records of an event into values.
 *
 * @module
 */
import { decodeBase64 } from "../_core/base64.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { DecodeError } from "../errors.ts";
import type { Processor, Unpacked } from "../processors/processor.ts";
import { uncheckedId } from "../record_id.ts";
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
  & {
    /** The shard. */
    readonly shardId: string;
    /** The sequence number of the record. */
    readonly sequenceNumber: string;
  }
  & (
    | { readonly type: "value"; readonly record: DecodedRecord<T> }
    | { readonly type: "error"; readonly error: DecodeError }
  );

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

const check = /* @__PURE__ */ new OptionCheck("Cannot decode the event");

/** A value of an event. A class, so that `id` is made only if it is read. */
class EventRecord<T> implements DecodedRecord<T> {
  // Only declared: the constructor sets all fields, and the bundle is smaller.
  declare readonly value: T;
  declare readonly streamName: string;
  declare readonly streamARN: string;
  declare readonly shardId: string;
  declare readonly partitionKey?: string;
  declare readonly explicitHashKey?: string;
  declare readonly sequenceNumber: string;
  declare readonly subSequenceNumber: number;
  declare readonly approximateArrivalTimestamp?: Date;

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
    return uncheckedId(this);
  }

  toJSON(): DecodedRecord<T> {
    return { ...this, id: this.id };
  }
}

/**
 * Decodes the records of an event, in their order. A value that cannot be decoded is an item with an
 * error; the others of its record come before and after it.
 *
 * @throws {TypeError} if it is not an event of a Kinesis stream, or an option has a wrong type
 */
export async function* decodeEvent<T>(
  event: KinesisStreamEvent,
  options: DecodeEventOptions<T>,
): AsyncGenerator<DecodedItem<T>, void> {
  const { processor, strays } = checkDecoding(check, options);
  for (const record of recordsOf(event)) {
    const raw = rawOf(record);
    const items = await processor.unpack(raw);
    const dropped = await strays?.(items, raw);
    const { shardId, sequenceNumber } = raw;
    for (const [index, item] of items.entries()) {
      if (dropped?.has(index)) continue;
      const { type } = item;
      yield type === "value"
        ? { type, shardId, sequenceNumber, record: new EventRecord(item, raw) }
        : { type, shardId, sequenceNumber, error: item.error };
    }
  }
}

/** Checks the options that all handlers have. */
export function checkDecoding<T>(
  check: OptionCheck,
  options: DecodeEventOptions<T>,
): DecodeEventOptions<T> {
  check.object("options", options ?? null);
  return {
    processor: check.methods("processor", options.processor ?? null, "unpack"),
    strays: check.type("strays", options.strays, "function"),
  };
}

/**
 * The records of an event.
 *
 * @throws {TypeError} if it has none
 */
export function recordsOf(
  event: KinesisStreamEvent,
): KinesisStreamEvent["Records"] {
  if (Array.isArray(event?.Records)) return event.Records;
  throw new TypeError(check.refusal("it has no 'Records'"));
}

/**
 * Where a record lies.
 *
 * @throws {TypeError} if it is not a record of Kinesis
 */
export function locate(record: KinesisStreamEventRecord) {
  const { eventID, eventSourceARN, kinesis } = record ?? {};
  const [shardId, number] = String(eventID).split(":");
  // With enhanced fan-out, the ARN of the consumer follows that of the stream.
  const [streamARN, streamName] =
    /^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/([^/]+)/.exec(eventSourceARN) ?? [];
  const sequenceNumber = kinesis?.sequenceNumber;
  if (!number || !sequenceNumber || !streamARN) {
    throw new TypeError(check.refusal(
      `a record is not of Kinesis: eventSourceARN is "${eventSourceARN}", eventID is "${eventID}"`,
    ));
  }
  return {
    ...{ streamName: streamName!, streamARN },
    ...{ shardId: shardId!, sequenceNumber },
  };
}

function rawOf(record: KinesisStreamEventRecord): KinesisRecord {
  const place = locate(record);
  const { partitionKey, data, approximateArrivalTimestamp: seconds } =
    record.kinesis;
  return {
    ...place,
    // A stream with AUTO record distribution has records without a key. A key is never empty.
    partitionKey: partitionKey || undefined,
    data: bytesOf(data, place.sequenceNumber),
    ...(seconds !== undefined &&
      { approximateArrivalTimestamp: new Date(Math.round(seconds * 1000)) }),
  };
}

function bytesOf(data: string, sequenceNumber: string) {
  try {
    return decodeBase64(data);
  } catch (cause) {
    throw new TypeError(
      check.refusal(`the data of record "${sequenceNumber}" is not base64`),
      { cause },
    );
  }
}
