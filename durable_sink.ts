/**
 * Sinks that accept chunks before they store them, and report when each chunk is stored.
 *
 * @module
 */

/**
 * The name of the method of a {@linkcode DurableSink}. It is a registered symbol, so several copies
 * of this library in one program work together.
 */
export const writeDurably: unique symbol = Symbol.for(
  "@webstreams/kinesis.writeDurably",
);

/** The result of writing one chunk to a {@linkcode DurableSink}. */
export interface DurableWrite {
  /** Resolves when the sink accepts the next chunk. Absent if it accepts the next chunk at once. */
  readonly taken?: Promise<void>;
  /** Resolves when the chunk is stored. Rejects if it was not stored, or if that is not known. */
  readonly stored: Promise<unknown>;
}

/**
 * A `WritableStream` whose `write` resolves when a chunk is accepted, which may be long before the
 * chunk is stored. A `Producer` is such a stream. `Consumer.acknowledging` and `deadLetter` of a
 * producer write with this method in place of `write`, and wait for `stored`. They lock the stream,
 * and close or abort it like any other stream.
 *
 * @example A sink that stores values in groups
 * ```ts
 * import { type DurableSink, writeDurably } from "@webstreams/kinesis";
 * import { assertEquals } from "@std/assert";
 *
 * const table: string[][] = [];
 * let group: { row: string; done: () => void }[] = [];
 * function store() {
 *   table.push(group.map(({ row }) => row));
 *   for (const { done } of group) done();
 *   group = [];
 * }
 * const rows: DurableSink<string> = Object.assign(
 *   new WritableStream<string>({ close: store }),
 *   {
 *     [writeDurably](row: string) {
 *       const stored = new Promise<void>((done) => group.push({ row, done }));
 *       if (group.length === 2) store();
 *       return { stored };
 *     },
 *   },
 * );
 * rows[writeDurably]("a");
 * await rows[writeDurably]("b").stored;
 * assertEquals(table, [["a", "b"]]);
 * ```
 */
export interface DurableSink<T> extends WritableStream<T> {
  /**
   * Writes a chunk. Never throws: a failure rejects `stored`. A sink that gives keys to chunks,
   * such as a `Producer`, uses `keys` in place of its own; other sinks ignore them.
   */
  [writeDurably](
    chunk: T,
    keys?: { partitionKey?: string; explicitHashKey?: string },
  ): DurableWrite;
}

/** Whether a stream reports when a chunk is stored. */
export function isDurableSink<T>(
  stream: WritableStream<T>,
): stream is DurableSink<T> {
  return typeof (stream as Partial<DurableSink<T>>)[writeDurably] ===
    "function";
}
