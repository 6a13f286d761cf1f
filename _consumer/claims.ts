/**
 * Which leases a worker may take: its fair share, the abandoned ones first.
 *
 * @module
 */
import type { Lease } from "../checkpoint/mod.ts";

/** What a worker knows when it decides. */
export interface ClaimSituation {
  /** This worker. */
  readonly workerId: string;
  /** The leases of all shards that may be read now, whoever holds them. */
  readonly leases: readonly Lease[];
  /** Whether the holder of a lease has been silent for too long. */
  readonly isExpired: (lease: Lease) => boolean;
  /** Shard ids that this worker is working on already. */
  readonly working: ReadonlySet<string>;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/**
 * Chooses leases to take: those that carry this worker's name from a life before; then free and expired ones in random order
 * up to its share; if there are none, one of the most loaded worker, but only if that keeps as many as this one has then.
 * So no worker is left idle while another has two, and nothing is stolen back.
 */
export function chooseClaims(situation: ClaimSituation): Lease[] {
  const { workerId, leases, isExpired, working } = situation;
  const loads = new Map<string, Lease[]>([[workerId, []]]);
  const claims: Lease[] = [];
  const free: Lease[] = [];
  for (const lease of leases) {
    if (lease.owner === workerId) {
      loads.get(workerId)!.push(lease);
      if (!working.has(lease.shardId)) claims.push(lease);
    } else if (lease.owner === undefined || isExpired(lease)) free.push(lease);
    else {
      const load = loads.get(lease.owner);
      if (load) load.push(lease);
      else loads.set(lease.owner, [lease]);
    }
  }
  const mine = loads.get(workerId)!.length;
  const missing = Math.ceil(leases.length / loads.size) - mine;
  if (missing > 0 && free.length > 0) {
    return claims.concat(shuffle(free, situation.random).slice(0, missing));
  }
  if (free.length > 0) return claims;
  const most = mostLoaded(loads, workerId);
  return most.length >= mine + 2 ? claims.concat(most[0]!) : claims;
}

function mostLoaded(
  loads: ReadonlyMap<string, readonly Lease[]>,
  workerId: string,
): readonly Lease[] {
  let most: readonly Lease[] = [];
  for (const [owner, leases] of loads) {
    if (owner !== workerId && leases.length > most.length) most = leases;
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
