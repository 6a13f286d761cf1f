/**
 * The common part of newline and list framings. Packs text if the serializer has a text form, which
 * is faster, otherwise bytes.
 *
 * @module
 */
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";
import type { Put } from "../records.ts";
import { notSerializable } from "./_errors.ts";
import { BytesFrame, type FrameFormat, TextFrame } from "./_frame.ts";
import { KeyedPacker } from "./_keyed_packer.ts";
import type { Packer, PackerOptions } from "./processor.ts";
import type { Serializer, TextCodec } from "./serializer.ts";
import { serializeToKeep, stringifyValue } from "./single.ts";

/** Returns why an item cannot be framed, or `undefined` if it can. */
export type ItemCheck = (item: string | Uint8Array) => string | undefined;

/** Makes a packer with one frame per partition key. */
export function createKeyedPacker<T, P extends Put<T>>(
  serializer: Serializer<T>,
  options: PackerOptions<P>,
  format: FrameFormat,
  check: ItemCheck,
): Packer<P> {
  return serializer.text
    ? createTextPacker(serializer.name, serializer.text, options, format, check)
    : createBytesPacker(serializer, options, format, check);
}

/**
 * The packer for a serializer with a text form. Programs whose serializers all have one need no
 * code for bytes.
 */
export function createTextPacker<T, P extends Put<T>>(
  name: string,
  codec: TextCodec<T>,
  options: PackerOptions<P>,
  format: FrameFormat,
  check: ItemCheck,
): Packer<P> {
  const around = delimiterBytes(format);
  return new KeyedPacker<P, string>({
    itemOf: (put) =>
      checked(put, stringifyValue(name, codec, put), name, check),
    createFrame: () => new TextFrame(format),
    finishOne: (item) => encodeUtf8(format.open + item + format.close),
    sizeOf: (item) => utf8Length(item) + around,
    maxSizeOf: (item) => 3 * item.length + around,
  }, options);
}

function createBytesPacker<T, P extends Put<T>>(
  serializer: Serializer<T>,
  options: PackerOptions<P>,
  format: FrameFormat,
  check: ItemCheck,
): Packer<P> {
  const around = delimiterBytes(format);
  return new KeyedPacker<P, Uint8Array<ArrayBuffer>>({
    itemOf: (put) =>
      checked(put, serializeToKeep(serializer, put), serializer.name, check),
    createFrame: () => new BytesFrame(format),
    finishOne(item) {
      const frame = new BytesFrame(format);
      frame.add(item, Infinity);
      return frame.finish();
    },
    sizeOf: (item) => item.length + around,
    maxSizeOf: (item) => item.length + around,
  }, options);
}

function delimiterBytes({ open, close }: FrameFormat): number {
  return open.length + close.length;
}

function checked<Item extends string | Uint8Array>(
  put: Put<unknown>,
  item: Item,
  name: string,
  check: ItemCheck,
): Item {
  const problem = check(item);
  if (problem === undefined) return item;
  throw notSerializable(put, name, new TypeError(problem));
}
