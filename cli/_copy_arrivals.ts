/**
 * Puts the records of a capture into the order of their arrival, in two passes over the file.
 *
 * @module
 */
import type { captureEntries, CaptureEntry } from "../testing/mod.ts";

type Entries = ReturnType<typeof captureEntries>;

/**
 * The first pass: the numbers of the records, from 0, in the order of their arrival. A record counts
 * as no earlier than those before it in its shard, and than the last one of each parent, because
 * the clocks of Kinesis differ a little.
 */
export async function arrivalOrder(
  entries: Entries,
  stop: AbortSignal,
): Promise<readonly number[]> {
  const parents = new Map<string, (string | undefined)[]>();
  const latest = new Map<string, number>();
  const times: number[] = [];
  for await (const entry of entries) {
    if (stop.aborted) break;
    if (entry.type === "shard") {
      const { shardId, parentShardId, adjacentParentShardId } = entry.shard;
      parents.set(shardId, [parentShardId, adjacentParentShardId]);
    }
    if (entry.type !== "record") continue;
    const { shardId, arrivedAt = -Infinity } = entry.record;
    const before = latest.has(shardId) ? [shardId] : parents.get(shardId) ?? [];
    const time = Math.max(
      arrivedAt,
      ...before.map((id) => latest.get(id ?? "") ?? -Infinity),
    );
    latest.set(shardId, time);
    times.push(time);
  }
  // The sort is stable.
  return times.map((_, number) => number)
    .sort((a, b) => times[a] === times[b] ? 0 : times[a]! - times[b]!);
}

/**
 * The second pass: the records in that order. Memory holds the records that come too early in the
 * file. All else comes as it is read.
 */
export async function* inOrder(
  entries: Entries,
  order: readonly number[],
): Entries {
  const early = new Map<number, CaptureEntry>();
  let number = 0;
  let next = 0;
  for await (const entry of entries) {
    if (entry.type !== "record") {
      yield entry;
      continue;
    }
    early.set(number++, entry);
    for (let due; (due = early.get(order[next]!)); next++) {
      early.delete(order[next]!);
      yield due;
    }
  }
}
