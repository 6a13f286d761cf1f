/**
 * Events as Lambda sends them. The shapes are those of the examples of AWS:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { encodeBase64 } from "../../_core/base64.ts";
import { kplString } from "../../processors/mod.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import type {
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisWindowEvent,
} from "../../lambda/mod.ts";

export const STREAM_ARN =
  "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream";

/** A record with all the members that Lambda sends. */
export function recordOf(
  data: string | Uint8Array,
  sequenceNumber: string,
  {
    partitionKey = "1",
    shardId = "shardId-000000000006",
    arn = STREAM_ARN,
  }: { partitionKey?: string; shardId?: string; arn?: string } = {},
) {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey,
      sequenceNumber,
      data: encodeBase64(bytes),
      approximateArrivalTimestamp: 1545084650.987,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: "arn:aws:iam::123456789012:role/lambda-role",
    awsRegion: "us-east-2",
    eventSourceARN: arn,
  };
}

/** An event with JSON values, whose sequence numbers begin with 100. */
export function eventOf(
  values: readonly unknown[],
  keyOf: (value: unknown, index: number) => string = () => "1",
): KinesisStreamEvent {
  return {
    Records: values.map((value, index) =>
      recordOf(JSON.stringify(value), `${100 + index}`, {
        partitionKey: keyOf(value, index),
      })
    ),
  };
}

/** The example of AWS, as it is in the documentation. */
export const CAPTURED = {
  "Records": [
    {
      "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "1",
        "sequenceNumber":
          "49590338271490256608559692538361571095921575989136588898",
        "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
        "approximateArrivalTimestamp": 1545084650.987,
      },
      "eventSource": "aws:kinesis",
      "eventVersion": "1.0",
      "eventID":
        "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
      "eventName": "aws:kinesis:record",
      "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
      "awsRegion": "us-east-2",
      "eventSourceARN":
        "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
    },
    {
      "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "1",
        "sequenceNumber":
          "49590338271490256608559692540925702759324208523137515618",
        "data": "VGhpcyBpcyBvbmx5IGEgdGVzdC4=",
        "approximateArrivalTimestamp": 1545084711.166,
      },
      "eventSource": "aws:kinesis",
      "eventVersion": "1.0",
      "eventID":
        "shardId-000000000006:49590338271490256608559692540925702759324208523137515618",
      "eventName": "aws:kinesis:record",
      "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
      "awsRegion": "us-east-2",
      "eventSourceARN":
        "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
    },
  ],
} as const;

/** An event of a tumbling window, around an event. */
export function windowOf(
  event: KinesisStreamEvent,
  rest: Partial<KinesisWindowEvent> = {},
): KinesisWindowEvent {
  return {
    ...event,
    window: { start: "2020-12-09T07:04:00Z", end: "2020-12-09T07:06:00Z" },
    state: {},
    shardId: "shardId-000000000006",
    isFinalInvokeForWindow: false,
    isWindowTerminatedEarly: false,
    ...rest,
  };
}

/**
 * One record with several values, which are packed for one shard. `isResent`: marked as a
 * `Producer` marks it, otherwise as the KPL writes it.
 */
export function aggregateOf(
  values: readonly string[],
  keys: readonly string[] = ["a"],
  { isResent = true } = {},
): EncodedRecord {
  const records: EncodedRecord[] = [];
  const packer = kplString().createPacker<Put<string>>({
    emit: (record) => records.push(record),
    shardOf: () => "the one that was split",
    resendsStrays: isResent,
  });
  for (const [index, value] of values.entries()) {
    packer.push({ value, partitionKey: keys[index % keys.length]! });
  }
  packer.flush();
  assertEquals(records.length, 1);
  return records[0]!;
}

/** The sequence numbers in an answer. */
export function idsOf(
  { batchItemFailures }: KinesisStreamBatchResponse,
): string[] {
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
