/**
 * Decides whether a change of the leases is worth a full look at shards and leases.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";

/** What {@linkcode hasNews} compares. */
export interface LeaseChange {
  /** The leases as they were. */
  readonly before: ReadonlyMap<string, Lease>;
  /** The leases as they are. */
  readonly after: ReadonlyMap<string, Lease>;
  /** Whether the holder of a lease has passed it on to this worker, which does not read yet. */
  readonly isPassed: (shardId: string) => boolean;
}

/**
 * Whether this worker may have something to take: a lease has become free, was passed on to this
 * worker, or is at SHARD_END, so that its children can be read.
 */
export function hasNews({ before, after, isPassed }: LeaseChange): boolean {
  for (const [shardId, lease] of after) {
    const earlier = before.get(shardId);
    if (isFinished(lease)) {
      if (!isFinished(earlier)) return true;
    } else if (lease.owner === undefined) {
      if (!earlier || earlier.owner !== undefined) return true;
    } else if (isPassed(shardId)) return true;
  }
  return false;
}

function isFinished(lease: Lease | undefined): boolean {
  return lease?.checkpoint.type === "SHARD_END";
}
