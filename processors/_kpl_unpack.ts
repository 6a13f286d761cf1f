/**
 * Reads aggregated records.
 *
 * @module
 */
import { asciiParts, decodeUtf8, shortAscii } from "../_core/utf8.ts";
import type { KinesisRecord } from "../records.ts";
import {
  DIGEST_BYTES,
  FIELD_DATA,
  FIELD_HASH_KEY_INDEX,
  FIELD_HASH_KEYS,
  FIELD_KEY_INDEX,
  FIELD_PARTITION_KEYS,
  FIELD_RECORDS,
  FIELD_RESENT,
  MAGIC,
} from "./_kpl_format.ts";
import { FieldReader, WIRE_BYTES, WIRE_VARINT } from "./_protobuf.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";

/** The items whose values are decoded together. */
const ITEMS_AT_ONCE = 128;

/** The keys by index. A key is decoded when it is used for the first time. */
class KeyTable {
  readonly #name: string;
  readonly #data: Uint8Array;
  /** The start and end of each key. */
  readonly #ranges: number[] = [];
  readonly #keys: (string | undefined)[] = [];

  constructor(name: string, data: Uint8Array) {
    this.#name = name;
    this.#data = data;
  }

  add(start: number, end: number): void {
    this.#ranges.push(start, end);
  }

  /** The key at an index. Throws if there is none. */
  get(index: number): string {
    const known = this.#keys[index];
    if (known !== undefined) return known;
    const size = this.#ranges.length / 2;
    // An index that a number cannot hold exactly is larger than any table.
    if (index >= size) {
      throw new RangeError(
        `its ${this.#name} index is ${index}, the table has ${size} entries`,
      );
    }
    const start = this.#ranges[2 * index]!;
    const end = this.#ranges[2 * index + 1]!;
    return this.#keys[index] = shortAscii(this.#data, start, end - start) ??
      decodeUtf8(this.#data.subarray(start, end));
  }
}

/** Decodes a record whose first bytes and checksum are right. */
export function unpackAggregate<T>(
  serializer: Serializer<T>,
  record: KinesisRecord,
): Unpacked<T>[] {
  const { data } = record;
  const keys = new KeyTable("partition key", data);
  const hashKeys = new KeyTable("explicit hash key", data);
  const reader = new FieldReader(data);
  // The tables may follow the items that refer to them, so they are read first.
  const items: number[] = [];
  let isMarked = false;
  let damage: unknown;
  try {
    reader.range(MAGIC.length, data.length - DIGEST_BYTES);
    while (reader.next()) {
      const { field, wire, start, stop } = reader;
      if (field === FIELD_RESENT && wire === WIRE_VARINT) {
        isMarked = reader.value === 1;
      }
      if (wire !== WIRE_BYTES) continue;
      if (field === FIELD_PARTITION_KEYS) keys.add(start, stop);
      else if (field === FIELD_HASH_KEYS) hashKeys.add(start, stop);
      else if (field === FIELD_RECORDS) items.push(start, stop);
    }
  } catch (cause) {
    damage = cause;
  }
  const unpacking = new Unpacking<T>(
    record,
    `kpl of ${serializer.name}`,
    isMarked,
  );
  const source = { reader, data, keys, hashKeys };
  const step = 2 * ITEMS_AT_ONCE;
  for (let i = 0; i < items.length && !unpacking.stopped; i += step) {
    const found = readItems(source, items.slice(i, i + step));
    decodeItems(serializer, data, found, unpacking);
  }
  if (damage !== undefined && !unpacking.stopped) unpacking.stop(damage);
  return unpacking.items;
}

/** A record, and what its items refer to. */
interface ItemSource {
  readonly reader: FieldReader;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keys: KeyTable;
  readonly hashKeys: KeyTable;
}

/** An item, with the range of its value in the record. */
interface Item {
  readonly start: number;
  readonly stop: number;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
}

/** An item that is malformed. */
interface DamagedItem {
  readonly cause: unknown;
}

/** Reads the items at these ranges: the start and the end of each. */
function readItems(
  source: ItemSource,
  ranges: readonly number[],
): (Item | DamagedItem)[] {
  const items: (Item | DamagedItem)[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    source.reader.range(ranges[i]!, ranges[i + 1]!);
    try {
      items.push(readItem(source));
    } catch (cause) {
      items.push({ cause });
    }
  }
  return items;
}

function readItem({ reader, keys, hashKeys }: ItemSource): Item {
  let partitionKey: string | undefined;
  let explicitHashKey: string | undefined;
  let start = -1;
  let stop = -1;
  while (reader.next()) {
    const { field, wire } = reader;
    if (field === FIELD_KEY_INDEX && wire === WIRE_VARINT) {
      partitionKey = keys.get(reader.value);
    } else if (field === FIELD_HASH_KEY_INDEX && wire === WIRE_VARINT) {
      explicitHashKey = hashKeys.get(reader.value);
    } else if (field === FIELD_DATA && wire === WIRE_BYTES) {
      ({ start, stop } = reader);
    }
  }
  if (partitionKey === undefined) throw new Error("it has no partition key");
  if (start < 0) throw new Error("it has no data");
  return { start, stop, partitionKey, explicitHashKey };
}

/** Decodes the values of items, the texts of all of them at once. */
function decodeItems<T>(
  serializer: Serializer<T>,
  data: Uint8Array<ArrayBuffer>,
  items: readonly (Item | DamagedItem)[],
  unpacking: Unpacking<T>,
): void {
  const { text: codec } = serializer;
  const texts = codec ? textsOf(data, items) : [];
  for (let i = 0; i < items.length && !unpacking.stopped; i++) {
    const item = items[i]!;
    if ("cause" in item) {
      unpacking.damaged(item.cause);
      continue;
    }
    const { start, stop, partitionKey, explicitHashKey } = item;
    const text = texts[i];
    if (text !== undefined) {
      unpacking.parse(codec!, text, partitionKey, explicitHashKey);
    } else {
      const bytes = data.subarray(start, stop);
      unpacking.decode(serializer, bytes, partitionKey, explicitHashKey);
    }
  }
}

/** The texts of the items that are ASCII. */
function textsOf(
  data: Uint8Array,
  items: readonly (Item | DamagedItem)[],
): (string | undefined)[] {
  const ranges: number[] = [];
  for (const item of items) {
    if ("cause" in item) ranges.push(0, 0);
    else ranges.push(item.start, item.stop);
  }
  return asciiParts(data, ranges);
}
