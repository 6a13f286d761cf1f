/**
 * Frames under construction: items of one record with something around and between them, sized to the byte.
 *
 * @module
 */
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";

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
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #settled = 0;
  /** What is not encoded yet. */
  #text: string;
  #empty = true;

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
    if (this.#settled + 3 * (this.#text.length + item.length) > room) {
      this.#settle();
      if (
        this.#settled + 3 * item.length > room &&
        this.#settled + utf8Length(item) > room
      ) return false;
    }
    this.#text += this.#empty ? item : between + item;
    this.#empty = false;
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#text += this.#format.close;
    if (this.#chunks.length === 0) return encodeUtf8(this.#text);
    this.#settle();
    return concat(this.#chunks, this.#settled);
  }

  #settle(): void {
    if (this.#text.length === 0) return;
    const bytes = encodeUtf8(this.#text);
    this.#chunks.push(bytes);
    this.#settled += bytes.length;
    this.#text = "";
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
