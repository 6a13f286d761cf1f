/**
 * Asynchronous work on many items with bounded concurrency.
 *
 * @module
 */

/**
 * Calls `work` for all items, in batches of `size` concurrent calls. If a call rejects, the rest
 * of its batch settles, no further batch starts, and the first rejection is thrown.
 */
export async function inBatches<I>(
  items: readonly I[],
  size: number,
  work: (item: I) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < items.length; start += size) {
    const batch = items.slice(start, start + size);
    const results = await Promise.allSettled(batch.map((item) => work(item)));
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}
