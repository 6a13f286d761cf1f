/**
 * Processes the events that AWS Lambda makes of a Kinesis stream: decodes and unpacks the records,
 * calls a function for each value, and answers which records have failed.
 *
 * It makes no requests and needs no client: with {@linkcode jsonValues} a bundle has less than 10 KB.
 *
 * @example
 * ```ts
 * import { jsonValues, kinesisHandler } from "@webstreams/kinesis/lambda";
 * import { assertEquals } from "@std/assert";
 *
 * const orders: number[] = [];
 * export const handler = kinesisHandler({
 *   processor: jsonValues<{ total: number }>(),
 *   handler: ({ value }) => {
 *     if (value.total < 0) throw new Error("A total cannot be negative");
 *     orders.push(value.total);
 *   },
 *   onFailure: ({ error }) => void error, // console.error, or your logger
 * });
 *
 * // What Lambda calls.
 * const record = (sequenceNumber: string, value: unknown) => ({
 *   eventID: `shardId-000000000000:${sequenceNumber}`,
 *   eventSourceARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
 *   kinesis: {
 *     partitionKey: "k",
 *     sequenceNumber,
 *     data: btoa(JSON.stringify(value)),
 *     approximateArrivalTimestamp: 1795686540.5,
 *   },
 * });
 * const answer = await handler({
 *   Records: [record("1", { total: 5 }), record("2", { total: -1 }), record("3", { total: 7 })],
 * });
 * assertEquals(orders, [5]);
 * // Lambda goes on at this record.
 * assertEquals(answer, { batchItemFailures: [{ itemIdentifier: "2" }] });
 * ```
 *
 * @module
 */
export { kinesisHandler, processEvent } from "./handler.ts";
export type { KinesisHandler } from "./handler.ts";
export type {
  KinesisHandlerOptions,
  LambdaHandlerContext,
} from "./handler_options.ts";
export { kinesisWindowHandler } from "./window_handler.ts";
export type {
  KinesisWindowHandler,
  WindowContext,
  WindowHandlerOptions,
} from "./window_handler.ts";
export { decodeEvent } from "./decode_event.ts";
export type {
  DecodedItem,
  DecodeEventOptions,
  EventDecoder,
  EventFailure,
} from "./decode_event.ts";
export { dropStrays } from "./strays.ts";
export type {
  DropStraysOptions,
  EventShard,
  EventStream,
  ShardLister,
  StrayFilter,
} from "./strays.ts";
export { jsonValues } from "./json_values.ts";
export type {
  BatchItemFailure,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamEventRecord,
  KinesisWindowEvent,
  KinesisWindowResponse,
  LambdaContext,
} from "./event.ts";
export type { Processor, Unpacked } from "../processors/processor.ts";
export type { DecodedRecord, KinesisRecord } from "../records.ts";
export type { Clock } from "../_core/clock.ts";
