/**
 * Frames under construction: items of one record with something around and between them, sized to the byte.
 *
 * @module
 */
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";

/** How much text is encoded at a time: enough to make the call cheap, and little enough to stay in the caches of the processor. */
const SETTLE_UNITS = 65_536;
const LONG_UNITS = 4096;
const INITIAL_BYTES = 131_072;
const GROWTH = 8;
const encoder = new TextEncoder();

/** What stands around items, in ASCII. */
export interface FrameFormat {
  /** In front of the first item. */
  readonly open: string;
  /** Between two items. */
  readonly between: string;
  /** Behind the last item. */
  readonly close: string;
}

/** A frame under construction that takes items of one kind. */
export interface Frame<Item> {
  /** Adds an item if the frame then has at most `limit` bytes; says whether it did. */
  add(item: Item, limit: number): boolean;
  /** About how many bytes it holds; exact for bytes, a lower bound for text. */
  readonly weight: number;
  /** The bytes of the finished frame. */
  finish(): Uint8Array<ArrayBuffer>;
}

/**
 * A frame of texts. Encoding is put off, so that it happens once for many values, and counting bytes is put off too: a text of
 * n units has n to 3n bytes, and far from the limit that is all one needs to know.
 */
export class TextFrame implements Frame<string> {
  readonly #format: FrameFormat;
  /** What is encoded already, and how many bytes that is. */
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #settled = 0;
  /** What is not encoded yet. */
  #text: string;
  #empty = true;
  /** The limit of the last call. */
  #limit = 0;

  /** Makes an empty frame. */
  constructor(format: FrameFormat) {
    this.#format = format;
    this.#text = format.open;
  }

  get weight(): number {
    return this.#settled + this.#text.length;
  }

  add(item: string, limit: number): boolean {
    const { between, close } = this.#format;
    const gap = this.#empty ? 0 : between.length;
    const room = limit - gap - close.length;
    this.#limit = limit;
    if (this.#settled + 3 * (this.#text.length + item.length) > room) {
      this.#settle();
      if (
        this.#settled + 3 * item.length > room &&
        this.#settled + utf8Length(item) > room
      ) return false;
    }
    if (!this.#empty) this.#text += between;
    this.#empty = false;
    if (item.length > LONG_UNITS) {
      // Joining long texts would only copy them once more.
      this.#settle();
      this.#write(item);
    } else {
      this.#text += item;
      if (this.#text.length > SETTLE_UNITS) this.#settle();
    }
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#text += this.#format.close;
    if (!this.#bytes) return encodeUtf8(this.#text);
    this.#settle();
    const used = this.#settled;
    // A view, unless that kept much unused memory from being freed.
    return used > this.#bytes.length / 2
      ? this.#bytes.subarray(0, used)
      : this.#bytes.slice(0, used);
  }

  #settle(): void {
    if (this.#text.length === 0) return;
    this.#write(this.#text);
    this.#text = "";
  }

  #write(text: string): void {
    let rest = text;
    while (true) {
      const bytes = this.#reserve(rest.length);
      const { read, written } = encoder.encodeInto(
        rest,
        bytes.subarray(this.#settled),
      );
      this.#settled += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
    }
  }

  /** Room for a text of so many ASCII characters, or at least for one character of any kind. */
  #reserve(units: number): Uint8Array<ArrayBuffer> {
    const needed = this.#settled + units + 4;
    if (this.#bytes && needed <= this.#bytes.length) return this.#bytes;
    // What grew beyond the first size will probably be full: copying it once is enough.
    const wanted = this.#bytes
      ? Math.min(GROWTH * this.#bytes.length, this.#limit)
      : INITIAL_BYTES;
    const larger = new Uint8Array(Math.max(needed, wanted));
    if (this.#bytes) larger.set(this.#bytes.subarray(0, this.#settled));
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

  get weight(): number {
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

/** One array of all the chunks, which have `length` bytes together. */
export function concat(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
