/**
 * What a serializer is: one value to bytes and back.
 *
 * @module
 */
import type { Processor } from "./processor.ts";

/** The text form of a serializer whose bytes are UTF-8 text: framings of text then encode whole frames instead of values. */
export interface TextCodec<T> {
  /** Value to text. Throws if there is no text for it. */
  stringify(value: T): string;
  /** Text to value. Throws if the text is not one. */
  parse(text: string): T;
}

/**
 * One value to bytes and back. Two functions make one:
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
  /** What it writes, for messages: for example `json`. */
  readonly name: string;
  /**
   * Value to bytes. Whatever it throws makes an `InvalidRecordError` with the code `NotSerializable`.
   * The bytes may be kept until they are sent, so do not return a buffer that is used again.
   */
  serialize(value: T): Uint8Array;
  /** Bytes to value. Whatever it throws makes a `DecodeError` for this value. The bytes may be a view of a larger buffer. */
  deserialize(bytes: Uint8Array<ArrayBuffer>): T;
  /** The text form, where the bytes are its UTF-8; both must agree. */
  readonly text?: TextCodec<T>;
}

/** A serializer that is a processor too, so that it works alone and as `createProcessor({ serializer })`. */
export interface SerializerProcessor<T> extends Processor<T>, Serializer<T> {
  /** What it writes, for messages: the name of the serializer. */
  readonly name: string;
}
