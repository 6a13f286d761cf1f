/**
 * Builds aggregated records.
 *
 * @module
 */
import { writeMd5 } from "../_core/md5.ts";
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";
import {
  ENVELOPE_BYTES,
  FIELD_DATA,
  FIELD_HASH_KEY_INDEX,
  FIELD_HASH_KEYS,
  FIELD_KEY_INDEX,
  FIELD_PARTITION_KEYS,
  FIELD_RECORDS,
  FIELD_RESENT,
  MAGIC,
} from "./_kpl_format.ts";
import {
  varintSize,
  WIRE_BYTES,
  WIRE_VARINT,
  writeBytesField,
  writeVarint,
} from "./_protobuf.ts";

const INITIAL_BYTES = 4096;
const TAG_RECORD = (FIELD_RECORDS << 3) | WIRE_BYTES;
const TAG_KEY_INDEX = (FIELD_KEY_INDEX << 3) | WIRE_VARINT;
const TAG_HASH_KEY_INDEX = (FIELD_HASH_KEY_INDEX << 3) | WIRE_VARINT;
const TAG_DATA = (FIELD_DATA << 3) | WIRE_BYTES;
/** The field {@linkcode FIELD_RESENT} with the value 1. */
const RESENT_MARK = new Uint8Array(3);
writeVarint(
  RESENT_MARK,
  writeVarint(RESENT_MARK, 0, (FIELD_RESENT << 3) | WIRE_VARINT),
  1,
);
const NO_MARK = new Uint8Array();
const encoder = new TextEncoder();

/**
 * A table of texts, indexed in the order in which they were added. A `Map` keeps this order; an
 * object would move keys such as "7" to the front.
 */
class Table {
  readonly #field: number;
  #indexes = new Map<string, number>();
  /** The size of the table in bytes. */
  size = 0;

  constructor(field: number) {
    this.#field = field;
  }

  /** The index of a text, or the index that it would get. */
  indexOf(text: string): number {
    return this.#indexes.get(text) ?? this.#indexes.size;
  }

  /**
   * How many bytes the table grows by if the text is added at this index; 0 if it is in the table.
   */
  growth(text: string, index: number): number {
    if (index < this.#indexes.size) return 0;
    const length = utf8Length(text);
    return 1 + varintSize(length) + length;
  }

  /** Adds a text. `growth` is the result of {@linkcode Table.growth}. */
  add(text: string, growth: number): void {
    this.#indexes.set(text, this.#indexes.size);
    this.size += growth;
  }

  clear(): void {
    this.#indexes = new Map();
    this.size = 0;
  }

  write(target: Uint8Array, offset: number): number {
    for (const text of this.#indexes.keys()) {
      offset = writeAscii(target, offset, this.#field, text) ??
        writeBytesField(target, offset, this.#field, encodeUtf8(text));
    }
    return offset;
  }
}

/** The indexes of an item, and the sizes of the record with the item. */
interface Plan {
  keyIndex: number;
  keyGrowth: number;
  hashKeyIndex: number;
  hashKeyGrowth: number;
  /** The size of both index fields in bytes. */
  indexBytes: number;
}

/** Collects the items of one shard. It is used for many records, so that its buffer is reused. */
export class Aggregate {
  readonly #keys = new Table(FIELD_PARTITION_KEYS);
  readonly #hashKeys = new Table(FIELD_HASH_KEYS);
  readonly #mark: Uint8Array;
  #records = new Uint8Array(INITIAL_BYTES);
  #used = 0;
  #firstDataBytes = 0;
  readonly #plan: Plan = {
    keyIndex: 0,
    keyGrowth: 0,
    hashKeyIndex: 0,
    hashKeyGrowth: 0,
    indexBytes: 0,
  };

  /** Starts without items. `resent` adds the field {@linkcode FIELD_RESENT} to its records. */
  constructor(resent = false) {
    this.#mark = resent ? RESENT_MARK : NO_MARK;
  }

  /** The size of the record in bytes if it were finished now. */
  get size(): number {
    return ENVELOPE_BYTES + this.#keys.size + this.#hashKeys.size +
      this.#used + this.#mark.length;
  }

  /** Adds an item and returns true if the record then has at most `limit` bytes. */
  add(
    partitionKey: string,
    explicitHashKey: string | undefined,
    data: Uint8Array,
    limit: number,
  ): boolean {
    const grown = this.#weigh(partitionKey, explicitHashKey);
    const itemBytes = this.#itemBytes(data.length);
    if (grown + fieldBytes(itemBytes) > limit) return false;
    this.#reserve(fieldBytes(itemBytes));
    const at = this.#writeHead(itemBytes, data.length);
    this.#records.set(data, at);
    this.#commit(partitionKey, explicitHashKey, at, data.length);
    return true;
  }

  /**
   * Adds a text and returns true if an upper bound of the record's size is at most `limit` bytes.
   * If it returns false, {@linkcode Aggregate.add} may still succeed.
   */
  addText(
    partitionKey: string,
    explicitHashKey: string | undefined,
    text: string,
    limit: number,
  ): boolean {
    const grown = this.#weigh(partitionKey, explicitHashKey);
    const most = fieldBytes(this.#itemBytes(3 * text.length));
    if (grown + most > limit) return false;
    this.#reserve(most);
    // Most text is ASCII, so the header is reserved for the ASCII length. Other text is moved.
    const guess = fieldBytes(this.#itemBytes(text.length)) - text.length;
    const room = this.#records.subarray(this.#used + guess);
    const length = encoder.encodeInto(text, room).written;
    const itemBytes = this.#itemBytes(length);
    const head = fieldBytes(itemBytes) - length;
    if (head !== guess) {
      const from = this.#used + guess;
      this.#records.copyWithin(this.#used + head, from, from + length);
    }
    const at = this.#writeHead(itemBytes, length);
    this.#commit(partitionKey, explicitHashKey, at, length);
    return true;
  }

  /** The data of the first item. */
  firstData(): Uint8Array<ArrayBuffer> {
    const start = this.#firstStart;
    return this.#records.slice(start, start + this.#firstDataBytes);
  }

  /** Returns the bytes of the record and removes all items. */
  finish(): Uint8Array<ArrayBuffer> {
    const data = new Uint8Array(this.size);
    data.set(MAGIC);
    let offset = this.#keys.write(data, MAGIC.length);
    offset = this.#hashKeys.write(data, offset);
    data.set(this.#records.subarray(0, this.#used), offset);
    offset += this.#used;
    data.set(this.#mark, offset);
    offset += this.#mark.length;
    writeMd5(data.subarray(MAGIC.length, offset), data, offset);
    this.clear();
    return data;
  }

  /** Removes all items. */
  clear(): void {
    this.#keys.clear();
    this.#hashKeys.clear();
    this.#used = 0;
  }

  #firstStart = 0;

  /**
   * Computes the indexes and sizes of an item. Returns the size of the record without its field.
   */
  #weigh(partitionKey: string, explicitHashKey: string | undefined): number {
    const plan = this.#plan;
    plan.keyIndex = this.#keys.indexOf(partitionKey);
    plan.keyGrowth = this.#keys.growth(partitionKey, plan.keyIndex);
    plan.hashKeyGrowth = 0;
    plan.indexBytes = 1 + varintSize(plan.keyIndex);
    if (explicitHashKey !== undefined) {
      const index = plan.hashKeyIndex = this.#hashKeys.indexOf(explicitHashKey);
      plan.hashKeyGrowth = this.#hashKeys.growth(explicitHashKey, index);
      plan.indexBytes += 1 + varintSize(index);
    }
    return this.size + plan.keyGrowth + plan.hashKeyGrowth;
  }

  #itemBytes(dataBytes: number): number {
    return this.#plan.indexBytes + fieldBytes(dataBytes);
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#records.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#records.length));
    larger.set(this.#records.subarray(0, this.#used));
    this.#records = larger;
  }

  /** Writes the fields of an item before its data. Returns the offset of the data. */
  #writeHead(itemBytes: number, dataBytes: number): number {
    const { keyIndex, hashKeyIndex, indexBytes } = this.#plan;
    const records = this.#records;
    let at = this.#used;
    records[at++] = TAG_RECORD;
    at = writeVarint(records, at, itemBytes);
    const start = at;
    records[at++] = TAG_KEY_INDEX;
    at = writeVarint(records, at, keyIndex);
    if (at - start < indexBytes) {
      records[at++] = TAG_HASH_KEY_INDEX;
      at = writeVarint(records, at, hashKeyIndex);
    }
    records[at++] = TAG_DATA;
    return writeVarint(records, at, dataBytes);
  }

  #commit(
    partitionKey: string,
    explicitHashKey: string | undefined,
    dataStart: number,
    dataBytes: number,
  ): void {
    const { keyGrowth, hashKeyGrowth } = this.#plan;
    if (this.#used === 0) {
      this.#firstStart = dataStart;
      this.#firstDataBytes = dataBytes;
    }
    if (keyGrowth > 0) this.#keys.add(partitionKey, keyGrowth);
    if (hashKeyGrowth > 0) this.#hashKeys.add(explicitHashKey!, hashKeyGrowth);
    this.#used = dataStart + dataBytes;
  }
}

/**
 * Writes a short ASCII text as a field. Returns `undefined` for other text. Nearly all keys are
 * short and ASCII, and for these it is many times faster than the encoder, which allocates an
 * array.
 */
function writeAscii(
  target: Uint8Array,
  offset: number,
  field: number,
  text: string,
): number | undefined {
  const { length } = text;
  if (length > 0x7f) return undefined;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return undefined;
    target[offset + 2 + i] = unit;
  }
  target[offset] = (field << 3) | WIRE_BYTES;
  target[offset + 1] = length;
  return offset + 2 + length;
}

/** A tag, a length and the bytes. */
function fieldBytes(length: number): number {
  return 1 + varintSize(length) + length;
}
