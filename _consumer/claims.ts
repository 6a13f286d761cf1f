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
  /** Whether a lease that carries this worker's name, and that it does not work on, is its own and not a namesake's. */
  readonly isResumable: (lease: Lease) => boolean;
  /** Shard ids that this worker is working on already. */
  readonly working: ReadonlySet<string>;
  /** Shard ids whose lease this worker is taking now. */
  readonly taking: ReadonlySet<string>;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** This worker among the others, one of which may have its name. */
const ME = Symbol();

/**
 * Chooses leases to take: those that carry this worker's name from a life before; then free and expired ones in random order
 * up to its share; if there are none, one of the most loaded worker, but only if that keeps as many as this one has then.
 * So no worker is left idle while another has two, and nothing is stolen back.
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
