/**
 * Much to do, and only so much of it at a time.
 *
 * @module
 */

/** Does the work for all items, up to `size` of them at once. Rejects with the first failure, when what was begun has settled. */
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
