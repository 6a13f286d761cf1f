/**
 * The list framing.
 *
 * @module
 */
import { decodeUtf8, encodeUtf8 } from "../_core/utf8.ts";
import type { KinesisRecord, Put } from "../records.ts";
import type { FrameFormat } from "./_frame.ts";
import { ListScanner } from "./_list_scanner.ts";
import { createKeyedPacker } from "./_keyed_framing.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";

const format: FrameFormat = { open: "[", between: ",", close: "]" };

/**
 * A framing that packs the values of one partition key as one JSON array, for serializers that
 * write JSON.
 *
 * Reading returns each element as a value. To read an array as one value, use `json<Element[]>()`.
 * An element that cannot be decoded is one error; the other elements are read.
 */
export function list(): Framing {
  return framing;
}

const framing: Framing = {
  name: "list",
  scope: "key",
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P> {
    return createKeyedPacker(
      serializer,
      options,
      format,
      (item) =>
        item.length === 0 ? "an empty text is no element of a list" : undefined,
    );
  },
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
    const unpacking = new Unpacking<T>(record, `list of ${serializer.name}`);
    const { text: codec } = serializer;
    const parse = (element: string) =>
      codec
        ? codec.parse(element)
        : serializer.deserialize(encodeUtf8(element));
    try {
      const text = decodeUtf8(record.data);
      const scanner = new ListScanner(text);
      while (!unpacking.stopped && scanner.next()) {
        decodeElement(parse, scanner.element, record.partitionKey, unpacking);
      }
    } catch (cause) {
      unpacking.stop(cause);
    }
    return unpacking.items;
  },
};

function decodeElement<T>(
  parse: (text: string) => T,
  element: string,
  partitionKey: string | undefined,
  unpacking: Unpacking<T>,
): void {
  let value: T;
  try {
    value = parse(element);
  } catch (cause) {
    return unpacking.damaged(cause);
  }
  unpacking.add(value, partitionKey);
}
