/**
 * Which leases a worker takes: its fair part, and free or expired leases first.
 *
 * @module
 */
import type { Lease } from "../checkpoint/mod.ts";

/** What a worker knows when it decides. */
export interface ClaimSituation {
  /** This worker. */
  readonly workerId: string;
  /** The leases of all shards that may be read now, with and without a holder. */
  readonly leases: readonly Lease[];
  /** Whether a lease was not renewed for `failoverTimeMs`. */
  readonly isExpired: (lease: Lease) => boolean;
  /** Whether a lease has had no living holder for `failoverTimeMs`. */
  readonly isLeftOver: (lease: Lease) => boolean;
  /**
   * Whether a lease with the name of this worker, which it does not work on, is its own: it was
   * left by an earlier run. Otherwise another running worker has the same name.
   */
  readonly isResumable: (lease: Lease) => boolean;
  /** The ids of the shards that this worker reads already. */
  readonly working: ReadonlySet<string>;
  /** Shard ids whose lease this worker is taking now. */
  readonly taking: ReadonlySet<string>;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Stands for this worker, because another worker may have the same name. */
const ME = Symbol();

/**
 * Chooses the leases to take.
 *
 * 1. All leases of an earlier run of this worker.
 * 2. Free and expired leases in random order, up to the fair part of this worker: the number of
 *    leases divided by the number of workers, rounded up.
 * 3. With its fair part: one lease that is left over, because the workers that lack leases have
 *    given it up or cannot take it.
 * 4. If there are no free or expired leases: steals one lease from the most loaded worker, and
 *    only if that worker still holds at least as many as this one afterwards.
 *
 * Example: a third worker starts beside two workers with 4 leases each, so the fair part is 8 / 3
 * = 3. Nothing is free: it steals one lease at each look, from 4-4-0 to 3-4-1 and 3-3-2. Then it
 * stops: one more theft would leave 2-3-3, which is no better. When the first worker dies, its 3
 * leases expire. The fair part of the two others is 4: the second takes 1 lease and the third
 * takes 2.
 */
export function chooseClaims(situation: ClaimSituation): Lease[] {
  const { leases, isExpired, isResumable, working, taking } = situation;
  const loads = new Map<string | typeof ME, Lease[]>([[ME, []]]);
  const claims: Lease[] = [];
  const free: Lease[] = [];
  for (const lease of leases) {
    const isNamed = lease.owner === situation.workerId;
    if (
      taking.has(lease.shardId) || isNamed && working.has(lease.shardId)
    ) loads.get(ME)!.push(lease);
    else if (isNamed && isResumable(lease)) {
      loads.get(ME)!.push(lease);
      claims.push(lease);
    } else if (lease.owner === undefined || isExpired(lease)) free.push(lease);
    else {
      const load = loads.get(lease.owner);
      if (load) load.push(lease);
      else loads.set(lease.owner, [lease]);
    }
  }
  const mine = loads.get(ME)!.length;
  const missing = Math.ceil(leases.length / loads.size) - mine;
  if (missing > 0 && free.length > 0) {
    return claims.concat(shuffle(free, situation.random).slice(0, missing));
  }
  const leftOver = free.find((lease) => situation.isLeftOver(lease));
  if (leftOver) return claims.concat(leftOver);
  if (free.length > 0) return claims;
  const most = mostLoaded(loads);
  return most.length >= mine + 2 ? claims.concat(most[0]!) : claims;
}

function mostLoaded(
  loads: ReadonlyMap<string | typeof ME, readonly Lease[]>,
): readonly Lease[] {
  let most: readonly Lease[] = [];
  for (const [owner, leases] of loads) {
    if (owner !== ME && leases.length > most.length) most = leases;
  }
  return most;
}

function shuffle<I>(items: readonly I[], random: () => number): I[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
