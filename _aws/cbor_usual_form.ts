/**
 * A cursor over CBOR objects of one usual form. An answer can have 10 000 records that look alike,
 * and reading them by their form is several times as fast as reading any CBOR.
 *
 * @module
 */
import type { CborRecordReader } from "./cbor_reader.ts";
import { ShortTexts } from "./short_texts.ts";

const TEXT = 3;
const MAP = 5;
const BREAK = 0xff;

/** A key of a map with its bytes, four at a time. */
export class Key {
  readonly #words: number[] = [];
  readonly #rest: number[] = [];
  /** The number of its bytes. */
  readonly length: number;

  /** `text` is ASCII. */
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

  /** Whether the bytes of the key are at an offset. */
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

/** The number of entries of a map whose end is marked by a byte. */
const UNTIL_BREAK = Infinity;

/**
 * Reads one object after another. It knows the usual form only, and leaves every other form to the
 * general reader.
 */
export abstract class UsualForm implements CborRecordReader {
  list: readonly unknown[] | undefined;
  /** All bytes of the answer. */
  protected readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes. */
  protected readonly view: DataView;
  /** The offset of the next byte to read. */
  protected at = 0;
  /** The start of the last text or byte string. */
  protected start = 0;
  readonly #texts: ShortTexts;

  /** Reads from these bytes. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#texts = new ShortTexts(bytes);
  }

  /** The offset after the object that was read last. */
  get end(): number {
    return this.at;
  }

  /**
   * Reads the object at an offset. Returns `undefined` if it has another form than usual, or is cut
   * off.
   */
  read(offset: number): object | undefined {
    this.at = offset;
    try {
      return this.object();
    } catch (error) {
      // Of the DataView, past its end. The general reader finds a better message.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Reads the next object. */
  protected abstract object(): object | undefined;

  /**
   * Passes the head of a map. Returns the number of its entries; `Infinity` if a byte marks the
   * end, and -1 if it is no map of up to 23 entries.
   */
  protected map(): number {
    const head = this.view.getUint8(this.at++);
    const info = head & 31;
    if (head >> 5 !== MAP) return -1;
    return info === 31 ? UNTIL_BREAK : info > 23 ? -1 : info;
  }

  /** Whether the map ends here. Passes the byte that marks the end. */
  protected ends(left: number): boolean {
    if (left !== UNTIL_BREAK) return left === 0;
    if (this.view.getUint8(this.at) !== BREAK) return false;
    this.at++;
    return true;
  }

  /** Passes a string of definite length, and notes its start. Returns its length, or -1. */
  protected string(major: number): number {
    const head = this.view.getUint8(this.at++);
    if (head >> 5 !== major) return -1;
    let length = head & 31;
    if (length > 23) {
      const size = length;
      if (size === 24) length = this.view.getUint8(this.at++);
      else if (size === 25) {
        length = this.view.getUint16(this.at);
        this.at += 2;
      } else if (size === 26) {
        length = this.view.getUint32(this.at);
        this.at += 4;
      } else if (size === 27 && this.view.getUint32(this.at) === 0) {
        length = this.view.getUint32(this.at + 4);
        this.at += 8;
      } else return -1;
    }
    this.start = this.at;
    this.at += length;
    return this.at > this.bytes.length ? -1 : length;
  }

  /** Passes the key of an entry. Returns its length, or -1. */
  protected key(): number {
    return this.string(TEXT);
  }

  /** Whether the key of this length that was passed last is `key`. */
  protected is(key: Key, length: number, at: number): boolean {
    return length === key.length && key.isAt(this.view, at);
  }

  /** Reads a text. */
  protected text(): string | undefined {
    const length = this.string(TEXT);
    return length < 0 ? undefined : this.#texts.at(this.start, length);
  }
}
