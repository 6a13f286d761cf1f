/**
 * Follows shards from one to the next.
 *
 * @module
 */

/**
 * The ids that are reached from a shard, each one once and without the first one. `next` returns the
 * ids beside an id: its parents for the ancestors, its children for the descendants.
 */
export function* walk(
  from: string,
  next: (id: string) => Iterable<string>,
): Generator<string, void> {
  // Not recursive: a stream that is resharded every hour has thousands of generations.
  const seen = new Set<string>();
  const open = [...next(from)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    yield id;
    open.push(...next(id));
  }
}
