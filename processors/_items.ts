/**
 * Values in serialized form, outside of a record: before they are packed, and taken out of one to be packed again.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../_core/utf8.ts";
import type { EncodedRecord, Put } from "../records.ts";
import type { Framing } from "./framing.ts";
import type { Serializer } from "./serializer.ts";

/** The text of a value where its serializer has one, else its bytes. */
export type Item = string | Uint8Array<ArrayBuffer>;

/** Serializes a value. The bytes belong to the caller: no later change of the value reaches them. */
export function itemOf<T>(serializer: Serializer<T>, value: T): Item {
  if (serializer.text) return serializer.text.stringify(value);
  const bytes = serializer.serialize(value);
  if (!isBytes(bytes)) throw new TypeError("its bytes are no Uint8Array");
  return bytes.slice();
}

/** Takes a record apart; `undefined` if that does not yield one item for each of its values. */
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
