/**
 * Values to Kinesis records and back: any serializer, any framing, with or without compression.
 *
 * @module
 */
export { bytes } from "./bytes.ts";
export {
  createProcessor,
  type CreateProcessorOptions,
} from "./create_processor.ts";
export type { Framing } from "./framing.ts";
export { json, jsonLines, type JsonOptions } from "./json.ts";
export { validateKeys } from "./keys.ts";
export { kpl, kplBytes, kplJson, type KplOptions, kplString } from "./kpl.ts";
export { newline } from "./newline.ts";
export type {
  DecoderOptions,
  EncoderOptions,
  FrameScope,
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
export { string } from "./string.ts";
