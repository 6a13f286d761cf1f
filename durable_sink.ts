/**
 * How a sink tells that a chunk is stored, for sinks that accept chunks before they store them.
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

/** What {@linkcode DurableSink} returns for one chunk. */
export interface DurableWrite {
  /** Resolves when the sink accepts the next chunk. Absent if it does so at once. */
  readonly taken?: Promise<void>;
  /** Resolves when the chunk is stored. Rejects if it will not be, or if that is not known. */
  readonly stored: Promise<unknown>;
}

/**
 * A `WritableStream` whose `write` resolves when a chunk is accepted, which may be long before it is
 * stored. A `Producer` is one. `Consumer.acknowledging` and
 * `deadLetter` of a producer write with this method in place of `write`, and wait for
 * `stored`. The stream is locked meanwhile, and it is still closed or aborted as a stream.
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
   * Writes a chunk. Never throws: a failure rejects `stored`. `keys` are for sinks that give keys to
   * chunks, and take the place of their own; other sinks ignore them.
   */
  [writeDurably](
    chunk: T,
    keys?: { partitionKey?: string; explicitHashKey?: string },
  ): DurableWrite;
}

/** Whether a stream tells when a chunk is stored. */
export function isDurableSink<T>(
  stream: WritableStream<T>,
): stream is DurableSink<T> {
  return typeof (stream as Partial<DurableSink<T>>)[writeDurably] ===
    "function";
}
