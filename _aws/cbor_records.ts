/**
 * Reads the records of a GetRecords answer from CBOR. The hot path of reading: an answer can have
 * 10 000 records, and all of them look alike.
 *
 * @module
 */
import type { Slabs } from "../_core/slabs.ts";
import type { CborRecordReader } from "./cbor_reader.ts";
import { ShortTexts } from "./short_texts.ts";

/** A record of an answer. */
export interface ReadRecord {
  SequenceNumber: string;
  ApproximateArrivalTimestamp: Date | undefined;
  Data: Uint8Array<ArrayBuffer>;
  PartitionKey?: string;
  EncryptionType: string | undefined;
}

const BYTES = 2;
const TEXT = 3;
const MAP = 5;
const BREAK = 0xff;
const NULL = 0xf6;
const UINT32 = 0x1a;
const UINT64 = 0x1b;
const FLOAT64 = 0xfb;
const EPOCH_TAG = 0xc1;

/** A key with its bytes, four at a time. */
class Key {
  readonly #words: number[] = [];
  readonly #rest: number[] = [];
  readonly length: number;

  constructor(text: string) {
    const codes = [...text].map((char) => char.charCodeAt(0));
    this.length = codes.length;
    let at = 0;
    for (; at + 4 <= codes.length; at += 4) {
      const [a, b, c, d] = codes.slice(at, at + 4);
      this.#words.push((a! << 24 | b! << 16 | c! << 8 | d!) >>> 0);
    }
    this.#rest.push(...codes.slice(at));
  }

  isAt(view: DataView, at: number): boolean {
    for (const word of this.#words) {
      if (view.getUint32(at) !== word) return false;
      at += 4;
    }
    for (const byte of this.#rest) {
      if (view.getUint8(at++) !== byte) return false;
    }
    return true;
  }
}

const DATA = new Key("Data");
const PARTITION_KEY = new Key("PartitionKey");
const SEQUENCE_NUMBER = new Key("SequenceNumber");
const ENCRYPTION_TYPE = new Key("EncryptionType");
const ARRIVAL = new Key("ApproximateArrivalTimestamp");

/**
 * Reads one record after another. It knows the usual form of a record only, and leaves every other
 * form to the general reader.
 */
export class CborRecords implements CborRecordReader {
  list: readonly unknown[] | undefined;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #slabs: Slabs;
  readonly #texts: ShortTexts;
  readonly #toDate: (epoch: number) => Date;
  #at = 0;
  /** The start of the last text or byte string. */
  #start = 0;

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    slabs: Slabs,
    toDate: (epoch: number) => Date,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#slabs = slabs;
    this.#texts = new ShortTexts(bytes);
    this.#toDate = toDate;
  }

  /** The offset after the record that was read last. */
  get end(): number {
    return this.#at;
  }

  /**
   * Reads the record at an offset. Returns `undefined` if it has another form than usual, or is cut
   * off.
   */
  read(offset: number): ReadRecord | undefined {
    this.#at = offset;
    try {
      return this.#record();
    } catch (error) {
      // Of the DataView, past its end. The general reader finds a better message.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #record(): ReadRecord | undefined {
    const head = this.#view.getUint8(this.#at++);
    if (head >> 5 !== MAP) return undefined;
    const info = head & 31;
    const isOpen = info === 31;
    if (info > 23 && !isOpen) return undefined;
    let sequenceNumber: string | undefined;
    let arrival: Date | undefined;
    let data: Uint8Array<ArrayBuffer> | undefined;
    let partitionKey: string | undefined;
    let encryptionType: string | undefined;
    for (let left = isOpen ? Infinity : info; left > 0; left--) {
      if (isOpen && this.#view.getUint8(this.#at) === BREAK) {
        this.#at++;
        break;
      }
      const length = this.#string(TEXT);
      const key = this.#start;
      if (this.#is(SEQUENCE_NUMBER, length, key)) {
        sequenceNumber = this.#text();
      } else if (this.#is(ARRIVAL, length, key)) {
        arrival = this.#time();
        if (!arrival) return undefined;
      } else if (this.#is(DATA, length, key)) data = this.#data();
      else if (this.#is(PARTITION_KEY, length, key)) {
        partitionKey = this.#text();
        if (partitionKey === undefined) return undefined;
      } else if (this.#is(ENCRYPTION_TYPE, length, key)) {
        if (this.#view.getUint8(this.#at) === NULL) this.#at++;
        else if ((encryptionType = this.#text()) === undefined) {
          return undefined;
        }
      } else return undefined;
    }
    if (sequenceNumber === undefined || data === undefined) return undefined;
    return {
      SequenceNumber: sequenceNumber,
      ApproximateArrivalTimestamp: arrival,
      Data: data,
      // Absent with AUTO record distribution. A key is never empty.
      PartitionKey: partitionKey || undefined,
      EncryptionType: encryptionType,
    };
  }

  #is(key: Key, length: number, at: number): boolean {
    return length === key.length && key.isAt(this.#view, at);
  }

  /** Passes a string of definite length, and notes its start. Returns its length, or -1. */
  #string(major: number): number {
    const head = this.#view.getUint8(this.#at++);
    if (head >> 5 !== major) return -1;
    let length = head & 31;
    if (length > 23) {
      const size = length;
      if (size === 24) length = this.#view.getUint8(this.#at++);
      else if (size === 25) {
        length = this.#view.getUint16(this.#at);
        this.#at += 2;
      } else if (size === 26) {
        length = this.#view.getUint32(this.#at);
        this.#at += 4;
      } else return -1;
    }
    this.#start = this.#at;
    this.#at += length;
    return this.#at > this.#bytes.length ? -1 : length;
  }

  #text(): string | undefined {
    const length = this.#string(TEXT);
    return length < 0 ? undefined : this.#texts.at(this.#start, length);
  }

  #data(): Uint8Array<ArrayBuffer> | undefined {
    const length = this.#string(BYTES);
    if (length < 0) return undefined;
    // A copy, so that a record that is kept does not keep the whole answer in memory.
    return this.#slabs.copy(
      this.#bytes.subarray(this.#start, this.#start + length),
    );
  }

  #time(): Date | undefined {
    const view = this.#view;
    // Some servers leave the tag out.
    if (view.getUint8(this.#at) === EPOCH_TAG) this.#at++;
    const head = view.getUint8(this.#at++);
    const start = this.#at;
    if (head === UINT32) {
      this.#at += 4;
      return this.#toDate(view.getUint32(start));
    }
    this.#at += 8;
    if (head === UINT64) {
      const high = view.getUint32(start);
      return this.#toDate(high * 2 ** 32 + view.getUint32(start + 4));
    }
    return head === FLOAT64 ? this.#toDate(view.getFloat64(start)) : undefined;
  }
}
