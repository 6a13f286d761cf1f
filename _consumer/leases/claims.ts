/**
 * Chooses the leases that a worker takes: up to its fair part, free and expired leases first.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";

/** The facts by which a worker chooses. */
export interface ClaimSituation {
  /** This worker. */
  readonly workerId: string;
  /** The leases of all shards that may be read now, with and without a holder. */
  readonly leases: readonly Lease[];
  /** Whether a lease was not renewed for `failoverTimeMs`. */
  readonly isExpired: (lease: Lease) => boolean;
  /**
   * Whether a lease that names this worker, and whose shard this worker does not read, was left by
   * an earlier run. If not, another running worker has the same name.
   */
  readonly isResumable: (lease: Lease) => boolean;
  /** The ids of the shards that this worker reads already. */
  readonly working: ReadonlySet<string>;
  /** Shard ids whose lease this worker is taking now. */
  readonly taking: ReadonlySet<string>;
  /** Shard ids whose lease this worker has asked its holder for. They count as its own. */
  readonly asked: ReadonlySet<string>;
  /** How many further shards this worker may read, beside those that it reads and takes. */
  readonly room: number;
  /** Whether a lease was free for so long that the workers whose part it is do not take it. */
  readonly isLeftOver: (lease: Lease) => boolean;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** What a worker does to get leases. */
export interface Claims {
  /** Leases that were left by an earlier run, are free, or have expired: the worker takes them. */
  readonly take: Lease[];
  /** Leases of living workers: the worker asks their holders to pass them on. */
  readonly ask: Lease[];
}

/** The key of this worker. Not its name, because another running worker may have the same name. */
const ME = Symbol();

/**
 * Chooses the leases to take.
 *
 * 1. All leases of an earlier run of this worker.
 * 2. Free and expired leases in random order, up to the fair part of this worker: the number of
 *    leases divided by the number of workers, rounded up. Beyond that, leases that are left over:
 *    other workers have reached their `maxShards`, or have given these shards up.
 * 3. If there are no free or expired leases: asks the most loaded worker for one lease, and only if
 *    that worker still holds at least as many as this one afterwards.
 *
 * Never more than this worker has room for, and never the lease of a shard that it reads.
 *
 * Example: a third worker starts beside two workers with 4 leases each, so the fair part is 8 / 3
 * = 3. Nothing is free: it asks for one lease at each look, from 4-4-0 to 3-4-1 and 3-3-2. Then it
 * stops: one more lease would leave 2-3-3, which is no better. When the first worker dies, its 3
 * leases expire. The fair part of the two others is 4: the second takes 1 lease and the third
 * takes 2.
 */
export function chooseClaims(situation: ClaimSituation): Claims {
  const { leases, isExpired, isResumable, working, taking, random } = situation;
  const loads = new Map<string | typeof ME, Lease[]>([[ME, []]]);
  const claims: Lease[] = [];
  let requested = 0;
  const free: Lease[] = [];
  for (const lease of leases) {
    const isNamed = lease.owner === situation.workerId;
    const isFree = lease.owner === undefined || isExpired(lease);
    const isRead = working.has(lease.shardId);
    // A lease that is free although this worker reads the shard was taken by another worker and
    // given back since the last renewal. It can be claimed when its session has been closed.
    if (taking.has(lease.shardId) || isRead && (isNamed || isFree)) {
      loads.get(ME)!.push(lease);
    } else if (isNamed && isResumable(lease)) {
      loads.get(ME)!.push(lease);
      claims.push(lease);
    } else if (isFree) free.push(lease);
    else if (situation.asked.has(lease.shardId)) {
      loads.get(ME)!.push(lease);
      requested++;
    } else {
      const load = loads.get(lease.owner);
      if (load) load.push(lease);
      else loads.set(lease.owner, [lease]);
    }
  }
  const places = Math.max(0, situation.room - requested);
  const resumed = claims.slice(0, places);
  const room = places - resumed.length;
  const mine = loads.get(ME)!.length - claims.length + resumed.length;
  const missing = Math.ceil(leases.length / loads.size) - mine;
  if (free.length > 0) {
    const taken = missing > 0
      ? shuffle(free, random).slice(0, missing)
      : shuffle(free.filter(situation.isLeftOver), random);
    return { take: resumed.concat(taken.slice(0, room)), ask: [] };
  }
  const most = mostLoaded(loads);
  // Not a lease that this worker has just lost: its shard is still being read here.
  const target = most.find(({ shardId }) => !working.has(shardId));
  const mayAsk = target && room > 0 && most.length >= mine + 2;
  return { take: resumed, ask: mayAsk ? [target] : [] };
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
