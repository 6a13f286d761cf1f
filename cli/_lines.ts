/**
 * Splits bytes into numbered lines.
 *
 * @module
 */
import { concat } from "../_core/bytes.ts";

/** A line of the input, without its end. */
export interface InputLine {
  /** The number of the line, from 1. */
  readonly number: number;
  /** The bytes. Of a line that is too long, only the first ones. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the line is longer than {@linkcode MAX_LINE_BYTES}. */
  readonly isTooLong: boolean;
}

/**
 * The longest line: the largest record of Kinesis.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const MAX_LINE_BYTES = 10_485_760;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Yields the lines that are not empty. When the signal aborts, it ends at once, and leaves out a
 * line that has not arrived completely.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<InputLine> {
  let number = 1;
  const line = new LineBuffer();
  for await (const chunk of untilAborted(chunks, signal)) {
    for (let start = 0, end; start < chunk.length; start = end + 1) {
      end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) {
        line.add(chunk.subarray(start));
        break;
      }
      line.add(chunk.subarray(start, end));
      const taken = line.take(number++);
      if (taken) yield taken;
      if (signal.aborted) return;
    }
  }
  if (signal.aborted) return;
  const last = line.take(number);
  if (last) yield last;
}

/** Joins the parts of a line, and keeps no more of them than a record can have. */
class LineBuffer {
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  #isTooLong = false;

  add(part: Uint8Array<ArrayBuffer>): void {
    const room = MAX_LINE_BYTES - this.#size;
    if (part.length > room) this.#isTooLong = true;
    if (part.length === 0 || room === 0) return;
    this.#parts.push(part.subarray(0, room));
    this.#size += Math.min(part.length, room);
  }

  /** Ends the line. `undefined` if it is empty. */
  take(number: number): InputLine | undefined {
    const all = this.#parts.length === 1
      ? this.#parts[0]!
      : concat(this.#parts, this.#size);
    const hasReturn = all.at(-1) === CARRIAGE_RETURN;
    const bytes = hasReturn ? all.subarray(0, -1) : all;
    const isTooLong = this.#isTooLong;
    this.#parts = [];
    this.#size = 0;
    this.#isTooLong = false;
    return bytes.length === 0 ? undefined : { number, bytes, isTooLong };
  }
}

/** Yields what a source yields, until the signal aborts: then it ends at once. */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const result = await nextUntilAborted(iterator, signal);
      if (!result || result.done) return;
      yield result.value;
    }
  } finally {
    // Not awaited: it may wait for bytes that a terminal or pipe never sends.
    iterator.return?.()?.catch(() => {});
  }
}

/** The next result, or `undefined` when the signal aborts. */
function nextUntilAborted<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T> | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
    iterator.next().then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
