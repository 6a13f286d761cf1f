/**
 * The interface of serializers.
 *
 * @module
 */
import type { Processor } from "./processor.ts";

/**
 * The text form of a serializer whose bytes are UTF-8. With it, text framings encode many values
 * per call, which is faster.
 */
export interface TextCodec<T> {
  /** Converts a value to text. Throws if the value cannot be serialized. */
  stringify(value: T): string;
  /** Converts text to a value. Throws if the text is invalid. */
  parse(text: string): T;
}

/**
 * Converts one value to bytes and back. A name and two functions are enough:
 *
 * @example
 * ```ts
 * import { createProcessor, netstring, type Serializer } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const int32: Serializer<number> = {
 *   name: "int32",
 *   serialize: (value) => new Uint8Array(Int32Array.of(value).buffer),
 *   deserialize: (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true),
 * };
 * const processor = createProcessor({ serializer: int32, framing: netstring() });
 * assertEquals(processor.name, "int32+netstring");
 * ```
 */
export interface Serializer<T> {
  /** The name of the format, for messages: for example `json`. */
  readonly name: string;
  /**
   * Converts a value to bytes. If it throws, the value is rejected with an `InvalidRecordError` of
   * code `NotSerializable`. The bytes are kept until they are sent, so do not reuse their buffer.
   */
  serialize(value: T): Uint8Array;
  /**
   * Converts bytes to a value. If it throws, the value is reported as a `DecodeError`. The bytes
   * may be a view of a larger buffer.
   */
  deserialize(bytes: Uint8Array<ArrayBuffer>): T;
  /** The text form, if the bytes are UTF-8. It must produce and accept the same bytes. */
  readonly text?: TextCodec<T>;
}

/** A serializer that is also a processor: use it alone, or as `serializer` of `createProcessor`. */
export interface SerializerProcessor<T> extends Processor<T>, Serializer<T> {
  /** The name of the serializer, for messages. */
  readonly name: string;
}
