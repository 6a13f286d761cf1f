/**
 * Reads aggregated records.
 *
 * @module
 */
import { decodeUtf8 } from "../_core/utf8.ts";
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
    return this.#keys[index] = decodeUtf8(this.#data.subarray(start, end));
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
  for (let i = 0; i < items.length && !unpacking.stopped; i += 2) {
    reader.range(items[i]!, items[i + 1]!);
    let item: Item;
    try {
      item = readItem(reader, data, keys, hashKeys);
    } catch (cause) {
      unpacking.damaged(cause);
      continue;
    }
    unpacking.decode(
      serializer,
      item.data,
      item.partitionKey,
      item.explicitHashKey,
    );
  }
  if (damage !== undefined && !unpacking.stopped) unpacking.stop(damage);
  return unpacking.items;
}

interface Item {
  data: Uint8Array<ArrayBuffer>;
  partitionKey: string;
  explicitHashKey: string | undefined;
}

function readItem(
  reader: FieldReader,
  bytes: Uint8Array<ArrayBuffer>,
  keys: KeyTable,
  hashKeys: KeyTable,
): Item {
  let partitionKey: string | undefined;
  let explicitHashKey: string | undefined;
  let data: Uint8Array<ArrayBuffer> | undefined;
  while (reader.next()) {
    const { field, wire } = reader;
    if (field === FIELD_KEY_INDEX && wire === WIRE_VARINT) {
      partitionKey = keys.get(reader.value);
    } else if (field === FIELD_HASH_KEY_INDEX && wire === WIRE_VARINT) {
      explicitHashKey = hashKeys.get(reader.value);
    } else if (field === FIELD_DATA && wire === WIRE_BYTES) {
      data = bytes.subarray(reader.start, reader.stop);
    }
  }
  if (partitionKey === undefined) throw new Error("it has no partition key");
  if (data === undefined) throw new Error("it has no data");
  return { data, partitionKey, explicitHashKey };
}
