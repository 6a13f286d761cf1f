/**
 * Builds frames. A frame is the data of one record: items with delimiters, of exactly known size.
 *
 * @module
 */
import { concat } from "../_core/bytes.ts";
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";

/**
 * How much text is encoded per call, in UTF-16 units. Larger makes fewer calls; smaller stays in
 * the caches of the processor.
 */
const ENCODE_UNITS = 65_536;
/** Longer texts are encoded when they are added: as text, the garbage collector would copy them. */
const LONG_UNITS = 256;
/** How many times as large a buffer becomes that is full. */
const GROWTH = 4;
const encoder = new TextEncoder();

/** The delimiters of a frame, in ASCII. */
export interface FrameFormat {
  /** Written before the first item. */
  readonly open: string;
  /** Written between two items. */
  readonly between: string;
  /** Written after the last item. */
  readonly close: string;
}

/** A frame in progress. */
export interface Frame<Item> {
  /**
   * Adds an item and returns true, or returns false if the frame would have more than `limit`
   * bytes.
   */
  add(item: Item, limit: number): boolean;
  /** The current size in bytes: exact for a frame of bytes, a lower bound for a frame of text. */
  readonly minBytes: number;
  /** Finishes the frame and returns its bytes. */
  finish(): Uint8Array<ArrayBuffer>;
}

/**
 * A frame of texts. Texts are collected and encoded together, up to 64 Ki units per call. Their
 * exact size in bytes is computed only near the limit: a text of n UTF-16 units has n to 3n bytes,
 * so a frame fits if the upper bound fits.
 */
export class TextFrame implements Frame<string> {
  readonly #format: FrameFormat;
  /** The encoded part, and its size in bytes. The array may be larger. */
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #encodedBytes = 0;
  /** The part that is not encoded yet. */
  #pendingText: string;
  #empty = true;
  /** The limit of the last call of `add`, in bytes. */
  #limit = 0;

  /** Makes an empty frame. */
  constructor(format: FrameFormat) {
    this.#format = format;
    this.#pendingText = format.open;
  }

  get minBytes(): number {
    return this.#encodedBytes + this.#pendingText.length;
  }

  add(item: string, limit: number): boolean {
    const { between, close } = this.#format;
    const gap = this.#empty ? 0 : between.length;
    const room = limit - gap - close.length;
    this.#limit = limit;
    if (
      this.#encodedBytes + 3 * (this.#pendingText.length + item.length) > room
    ) {
      this.#encodePending();
      if (
        this.#encodedBytes + 3 * item.length > room &&
        this.#encodedBytes + utf8Length(item) > room
      ) return false;
    }
    if (!this.#empty) this.#pendingText += between;
    this.#empty = false;
    if (item.length > LONG_UNITS) {
      // A long text is encoded directly: appending it to the collected text would copy it once
      // more.
      this.#encodePending();
      this.#write(item);
    } else {
      this.#pendingText += item;
      if (this.#pendingText.length > ENCODE_UNITS) this.#encodePending();
    }
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#pendingText += this.#format.close;
    if (!this.#bytes) return encodeUtf8(this.#pendingText);
    this.#encodePending();
    const used = this.#encodedBytes;
    // Returns a view, or a copy if a view would keep much unused memory alive.
    return used > this.#bytes.length / 2
      ? this.#bytes.subarray(0, used)
      : this.#bytes.slice(0, used);
  }

  #encodePending(): void {
    if (this.#pendingText.length === 0) return;
    this.#write(this.#pendingText);
    this.#pendingText = "";
  }

  #write(text: string): void {
    let rest = text;
    while (true) {
      const bytes = this.#reserve(rest.length);
      const { read, written } = encoder.encodeInto(
        rest,
        bytes.subarray(this.#encodedBytes),
      );
      this.#encodedBytes += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
    }
  }

  /** Makes room for `units` ASCII characters, and for at least one character of any kind. */
  #reserve(units: number): Uint8Array<ArrayBuffer> {
    const needed = this.#encodedBytes + units + 4;
    if (this.#bytes && needed <= this.#bytes.length) return this.#bytes;
    const wanted = this.#bytes
      ? Math.min(GROWTH * this.#bytes.length, this.#limit)
      : 2 * needed;
    const larger = new Uint8Array(Math.max(needed, wanted));
    if (this.#bytes) larger.set(this.#bytes.subarray(0, this.#encodedBytes));
    return this.#bytes = larger;
  }
}

/** A frame of byte strings. */
export class BytesFrame implements Frame<Uint8Array<ArrayBuffer>> {
  readonly #between: Uint8Array<ArrayBuffer>;
  readonly #close: Uint8Array<ArrayBuffer>;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #size: number;
  #empty = true;

  /** Makes an empty frame. */
  constructor(format: FrameFormat) {
    this.#between = encodeUtf8(format.between);
    this.#close = encodeUtf8(format.close);
    this.#chunks.push(encodeUtf8(format.open));
    this.#size = format.open.length;
  }

  get minBytes(): number {
    return this.#size;
  }

  add(item: Uint8Array<ArrayBuffer>, limit: number): boolean {
    const gap = this.#empty ? 0 : this.#between.length;
    if (this.#size + gap + item.length + this.#close.length > limit) {
      return false;
    }
    if (gap > 0) this.#chunks.push(this.#between);
    this.#chunks.push(item);
    this.#size += gap + item.length;
    this.#empty = false;
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#chunks.push(this.#close);
    return concat(this.#chunks, this.#size + this.#close.length);
  }
}
