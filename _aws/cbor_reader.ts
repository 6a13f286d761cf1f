/**
 * Reads CBOR from untrusted bytes. Every length is checked against the bytes that remain, nesting
 * is bounded, and memory is allocated only for items that have been read.
 *
 * @module
 */
import type { CborValue } from "./cbor_value.ts";
import { ShortTexts } from "./short_texts.ts";

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

const INDEFINITE = 31;
const BREAK = 0xff;
const TAG_EPOCH = 1;

/** The number of cached map keys. All records of an answer have the same four keys. */
const KEY_SLOTS = 64;

/** Reads records of the usual form. */
export interface CborRecordReader {
  /** Reads the record at an offset; `undefined` if it has another form. */
  read(offset: number): object | undefined;
  /** The offset after that record. */
  readonly end: number;
  /** A list of which every item was read so. Written by {@linkcode CborReader}. */
  list: readonly unknown[] | undefined;
}

/** Reads one value. Invalid input throws a SyntaxError or a RangeError. */
export class CborReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #maxDepth: number;
  readonly #toDate: (epoch: number | bigint) => Date;
  readonly #keys: string[] = [];
  readonly #texts: ShortTexts;
  readonly #records: CborRecordReader | undefined;
  #offset = 0;
  #depth = 0;
  /** Whether the next value is the list `Records` of the outermost map. */
  #isInRecords = false;

  /** `records` reads the items of the list `Records` of the outermost map, where it can. */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    maxDepth: number,
    toDate: (epoch: number | bigint) => Date,
    records?: CborRecordReader,
  ) {
    this.#records = records;
    this.#bytes = bytes;
    this.#texts = new ShortTexts(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#maxDepth = maxDepth;
    this.#toDate = toDate;
  }

  /** The offset of the next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Reads one value. Throws if more bytes follow it. */
  readAll(): CborValue {
    const value = this.#read();
    if (this.#offset !== this.#bytes.length) {
      throw new SyntaxError("extra bytes follow the value");
    }
    return value;
  }

  #read(): CborValue {
    const initial = this.#byte();
    const major = initial >> 5;
    const info = initial & 31;
    switch (major) {
      case UNSIGNED:
        return this.#integer(info);
      case NEGATIVE: {
        const argument = this.#integer(info);
        return typeof argument === "number" && argument < 2 ** 53 - 1
          ? -1 - argument
          : -1n - BigInt(argument);
      }
      case BYTES:
        return info === INDEFINITE
          ? concat(this.#chunks(BYTES))
          : this.#readBytes(this.#length(info));
      case TEXT:
        return this.#string(info);
      case ARRAY:
      case MAP:
      case TAG:
        return this.#nested(major, info);
      default:
        return this.#simple(info);
    }
  }

  #nested(major: number, info: number): CborValue {
    if (++this.#depth > this.#maxDepth) {
      throw new SyntaxError(`the data is nested deeper than ${this.#maxDepth}`);
    }
    const records = this.#isInRecords ? this.#records : undefined;
    this.#isInRecords = false;
    const value = major === ARRAY
      ? this.#array(info, records)
      : major === MAP
      ? this.#map(info)
      : this.#tagged(this.#integer(info));
    this.#depth--;
    return value;
  }

  #array(info: number, records?: CborRecordReader): CborValue[] {
    const array: CborValue[] = [];
    const hasEnd = info !== INDEFINITE;
    let areRecords = true;
    for (
      let left = hasEnd ? this.#length(info) : Infinity;
      left > 0 && (hasEnd || !this.#atBreak());
      left--
    ) {
      const record = records?.read(this.#offset);
      if (record) {
        this.#offset = records!.end;
        array.push(record as object as CborValue);
      } else {
        array.push(this.#read());
        areRecords = false;
      }
    }
    if (records && areRecords) records.list = array;
    return array;
  }

  #map(info: number): CborValue {
    const object: Record<string, CborValue> = {};
    if (info === INDEFINITE) {
      while (!this.#atBreak()) this.#entry(object);
    } else {
      const length = this.#length(info);
      for (let i = 0; i < length; i++) this.#entry(object);
    }
    return object;
  }

  #entry(object: Record<string, CborValue>): void {
    const initial = this.#byte();
    if (initial >> 5 !== TEXT) throw new SyntaxError("a key is not text");
    const info = initial & 31;
    const key = info === INDEFINITE
      ? this.#string(info)
      : this.#key(this.#length(info));
    this.#isInRecords = key === "Records" && this.#depth === 1;
    const value = this.#read();
    setField(object, key, value);
  }

  #tagged(tag: number | bigint): CborValue {
    const value = this.#read();
    if (tag !== TAG_EPOCH) return value;
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new SyntaxError("a time is not a number");
    }
    return this.#toDate(value);
  }

  #simple(info: number): CborValue {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22: // null
      case 23: // undefined: an unset field either way
        return null;
      case 25:
        return float16(this.#view.getUint16(this.#advance(2)));
      case 26:
        return this.#view.getFloat32(this.#advance(4));
      case 27:
        return this.#view.getFloat64(this.#advance(8));
      case INDEFINITE:
        throw new SyntaxError("unexpected break");
      default:
        throw new SyntaxError(`unknown simple value ${info}`);
    }
  }

  /** The argument of a header. A `bigint` only above 2^53 - 1. */
  #integer(info: number): number | bigint {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.#byte();
      case 25:
        return this.#view.getUint16(this.#advance(2));
      case 26:
        return this.#view.getUint32(this.#advance(4));
      case 27: {
        const value = this.#view.getBigUint64(this.#advance(8));
        return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
      }
      default:
        throw new SyntaxError(
          `invalid additional information in a header: ${info}`,
        );
    }
  }

  /**
   * A length from a header, in bytes or items. Throws if it exceeds the remaining bytes: an item
   * has at least one byte.
   */
  #length(info: number): number {
    const length = this.#integer(info);
    const rest = this.#bytes.length - this.#offset;
    if (length > rest) {
      throw new SyntaxError(
        `length ${length} exceeds the remaining ${rest} bytes`,
      );
    }
    return Number(length);
  }

  /** The chunks of a string of indefinite length. */
  #chunks(major: number): Uint8Array<ArrayBuffer>[] {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    while (!this.#atBreak()) {
      const initial = this.#byte();
      if (initial >> 5 !== major || (initial & 31) === INDEFINITE) {
        throw new SyntaxError("a chunk of a string has another type");
      }
      chunks.push(this.#readBytes(this.#length(initial & 31)));
    }
    return chunks;
  }

  #string(info: number): string {
    return info === INDEFINITE
      ? this.#texts.decode(concat(this.#chunks(TEXT)))
      : this.#text(this.#length(info));
  }

  #text(length: number): string {
    return this.#texts.at(this.#advance(length), length);
  }

  /** Reads a map key. Reuses the string of an earlier key with the same bytes. */
  #key(length: number): string {
    const start = this.#offset;
    const slot = (length * 31 + (this.#bytes[start] ?? 0)) % KEY_SLOTS;
    const known = this.#keys[slot];
    if (known?.length === length && this.#startsWith(known)) {
      this.#offset = start + length;
      return known;
    }
    return this.#keys[slot] = this.#text(length);
  }

  #startsWith(text: string): boolean {
    const bytes = this.#bytes;
    for (let i = 0, at = this.#offset; i < text.length; i++, at++) {
      const byte = bytes[at]!;
      if (byte !== text.charCodeAt(i) || byte > 0x7f) return false;
    }
    return true;
  }

  #atBreak(): boolean {
    if (this.#bytes[this.#offset] !== BREAK) return false;
    this.#offset++;
    return true;
  }

  #byte(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  #readBytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Advances by `length` bytes and returns the offset before. */
  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) {
      throw new SyntaxError("the data ends too early");
    }
    this.#offset = start + length;
    return start;
  }
}

/**
 * Sets an own property. The fields of frequent answers are written out, since `object[key] = value`
 * takes ten times as long.
 */
function setField(
  object: Record<string, CborValue>,
  key: string,
  value: CborValue,
): void {
  switch (key) {
    case "SequenceNumber":
      object.SequenceNumber = value;
      break;
    case "ShardId":
      object.ShardId = value;
      break;
    case "Data":
      object.Data = value;
      break;
    case "PartitionKey":
      object.PartitionKey = value;
      break;
    case "ApproximateArrivalTimestamp":
      object.ApproximateArrivalTimestamp = value;
      break;
    case "EncryptionType":
      object.EncryptionType = value;
      break;
    case "__proto__":
      Object.defineProperty(object, key, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
      break;
    default:
      object[key] = value;
  }
}

function concat(chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, p) => sum + p.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function float16(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = bits >> 10 & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
