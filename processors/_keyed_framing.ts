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
import type { Serializer } from "./serializer.ts";
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
  const { name, text } = serializer;
  const around = format.open.length + format.close.length;
  function checked<Item extends string | Uint8Array>(put: P, item: Item): Item {
    const problem = check(item);
    if (problem === undefined) return item;
    throw notSerializable(put, name, new TypeError(problem));
  }
  if (!text) {
    return new KeyedPacker<P, Uint8Array<ArrayBuffer>>({
      itemOf: (put) => checked(put, serializeToKeep(serializer, put)),
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
  return new KeyedPacker<P, string>({
    itemOf: (put) => checked(put, stringifyValue(name, text, put)),
    createFrame: () => new TextFrame(format),
    finishOne: (item) => encodeUtf8(format.open + item + format.close),
    sizeOf: (item) => utf8Length(item) + around,
    maxSizeOf: (item) => 3 * item.length + around,
  }, options);
}
