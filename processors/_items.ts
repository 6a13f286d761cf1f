/**
 * Items: serialized values that are not packed yet, or are taken from a record to be packed again.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../_core/utf8.ts";
import type { EncodedRecord, Put } from "../records.ts";
import type { Framing } from "./framing.ts";
import type { Serializer } from "./serializer.ts";

/** The text of a value if its serializer has a text form, else its bytes. */
export type Item = string | Uint8Array<ArrayBuffer>;

/** Serializes a value. Later changes of the value do not change the result. */
export function itemOf<T>(serializer: Serializer<T>, value: T): Item {
  if (serializer.text) return serializer.text.stringify(value);
  const bytes = serializer.serialize(value);
  if (!isBytes(bytes)) throw new TypeError("its bytes are no Uint8Array");
  return bytes.slice();
}

/** The items of a record. `undefined` if they are not as many as its values. */
export function itemsOf<T>(
  framing: Framing,
  { name, text }: Serializer<T>,
  { data, partitionKey, puts }: EncodedRecord<Put<T>>,
): readonly Item[] | undefined {
  const raw: Serializer<Item> = text ? { ...texts, name } : { ...bytes, name };
  const items: Item[] = [];
  const unpacked = framing.unpack(raw, {
    data,
    partitionKey,
    streamName: "",
    shardId: "",
    sequenceNumber: "",
  });
  for (const part of unpacked) {
    if (part.type === "error") return undefined;
    items.push(part.value);
  }
  return items.length === puts.length ? items : undefined;
}

const texts: Serializer<Item> = {
  name: "text",
  serialize: (item) => encodeUtf8(item as string),
  deserialize: decodeUtf8,
  text: { stringify: (item) => item as string, parse: (text) => text },
};

const bytes: Serializer<Item> = {
  name: "bytes",
  serialize: (item) => item as Uint8Array<ArrayBuffer>,
  deserialize: (data) => data,
};
