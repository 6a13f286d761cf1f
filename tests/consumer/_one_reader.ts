/**
 * Checks that no two workers read a shard at the same time.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ShardEvent } from "../../hooks.ts";

/** What a worker reported of a shard. */
export interface ShardMoment {
  readonly worker: string;
  readonly state: ShardEvent["state"];
  readonly shardId: string;
}

/**
 * Asserts that each shard had at most one reader at each moment. `moments` are in the order in
 * which they were reported, after a moment at which `readersAtFirst` read.
 */
export function assertOneReader(
  moments: readonly ShardMoment[],
  readersAtFirst: Iterable<[shardId: string, worker: string]> = [],
): void {
  const readers = new Map(readersAtFirst);
  moments.forEach(({ worker, state, shardId }, index) => {
    const reader = readers.get(shardId);
    const what = `${state} by ${worker}, moment ${index} of ${shardId}`;
    if (state === "opened") {
      assertEquals(reader, undefined, what);
      readers.set(shardId, worker);
    } else if (
      state === "lost" || state === "released" || state === "finished"
    ) {
      if (reader === worker) readers.delete(shardId);
    }
  });
}
