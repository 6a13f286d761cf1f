/**
 * Processors convert values to Kinesis records and back. A processor is a serializer and a framing,
 * with or without compression.
 *
 * @module
 */
export type { Clock } from "../_core/clock.ts";
export {
  DecodeError,
  type InvalidRecordCode,
  InvalidRecordError,
  KinesisError,
  type KinesisErrorOptions,
} from "../errors.ts";
export type {
  DecodedRecord,
  EncodedRecord,
  KinesisRecord,
  Put,
} from "../records.ts";
export { bytes } from "./bytes.ts";
export {
  type CloudEventAttribute,
  cloudEvents,
  type CloudEventsOptions,
} from "./cloud_events.ts";
export {
  type CompressionOptions,
  deflateRaw,
  type DeflateRawOptions,
  gzip,
} from "./compression.ts";
export {
  createProcessor,
  type CreateProcessorOptions,
} from "./create_processor.ts";
export type { Framing } from "./framing.ts";
export { json, jsonLines, jsonList, type JsonOptions } from "./json.ts";
export { validateKeys } from "./keys.ts";
export { kpl, kplBytes, kplJson, type KplOptions, kplString } from "./kpl.ts";
export { list } from "./list.ts";
export {
  msgpack,
  type MsgpackExtension,
  type MsgpackOptions,
} from "./msgpack.ts";
export { netstring } from "./netstring.ts";
export { newline } from "./newline.ts";
export type {
  DecoderOptions,
  EncoderOptions,
  FrameScope,
  ItemsOfRecord,
  Packer,
  PackerOptions,
  Processor,
  Unpacked,
} from "./processor.ts";
export type {
  Serializer,
  SerializerProcessor,
  TextCodec,
} from "./serializer.ts";
export { single } from "./single.ts";
export type {
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from "./standard_schema.ts";
export { string } from "./string.ts";
export {
  type TraceCarrier,
  type TraceContext,
  traceContextOf,
} from "./trace_context.ts";
export { traceEnvelope, type TraceEnvelopeOptions } from "./trace_envelope.ts";
export type { EnvelopeOptions } from "./_envelope.ts";
export { validated, type ValidatedOptions } from "./validated.ts";
