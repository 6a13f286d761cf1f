/**
 * Finds out which leases have a running holder, by watching whether their counters move.
 *
 * @module
 */
import { delay, monotonicNow } from "../../_core/clock.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import { LeaseWatch } from "../leases/lease_watch.ts";
import type { ResolvedProgressOptions } from "./progress_options.ts";

/** Lists in one failover time. Running workers write three times in it. */
const LISTS = 20;

/** The leases of a stream, after they were watched. */
export interface ObservedLeases {
  /** The leases as they were last listed. */
  readonly leases: readonly Lease[];
  /** The shards whose lease has a holder that was seen to write. */
  readonly held: ReadonlySet<string>;
}

/**
 * Lists the leases until each lease with an owner has moved, or has stood still for
 * `failoverTimeMs`. Lists once if no lease has an owner.
 */
export async function observeLeases(
  { checkpointer, clock, failoverTimeMs, signal, stream }:
    ResolvedProgressOptions,
): Promise<ObservedLeases> {
  const watch = new LeaseWatch(failoverTimeMs);
  const held = new Set<string>();
  for (;;) {
    const leases = await checkpointer.list(stream, { signal });
    const now = monotonicNow(clock);
    watch.look(leases, now);
    let isOpen = false;
    for (const lease of leases) {
      const { shardId, owner } = lease;
      if (owner === undefined) held.delete(shardId);
      else if (watch.isAlive(lease, now)) held.add(shardId);
      else if (!watch.isExpired(lease, now)) isOpen ||= !held.has(shardId);
    }
    if (!isOpen) return { leases, held };
    await delay(failoverTimeMs / LISTS, { clock, signal });
  }
}
