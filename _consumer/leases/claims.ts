/**
 * Chooses the leases that a worker takes, up to its fair part of the load: free and expired leases
 * first.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import { type Weight, weightsOf } from "./weights.ts";

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
  /** Whether all shards count the same, whatever their loads are. */
  readonly byNumber: boolean;
  /** Whether a shard must not be moved now for its load alone. */
  readonly isCalm: boolean;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** What a worker does next. */
export interface Claims {
  /** Leases without a living holder, which this worker takes. */
  readonly take: Lease[];
  /** Leases of living workers, which this worker asks for. At most one. */
  readonly ask: Lease[];
  /** Whether `ask` is for its load alone, and not because the other worker has more leases. */
  readonly isForLoad: boolean;
}

/**
 * How far a measured load may be off, as a part of it. The deviations of shards are taken to be
 * independent, so those of several shards add up as their squares do.
 */
const DEVIATION = 0.2;
/** Weights that differ by less are equal: sums of the same numbers differ in the last digit. */
const EPSILON = 1e-9;

/** The leases of one worker, and their weight. */
class Burden {
  readonly leases: Lease[] = [];
  weight = 0;
  /** The sum of the squares of the measured parts of the weights. */
  squares = 0;

  add(lease: Lease, { total, measured }: Weight): void {
    this.leases.push(lease);
    this.weight += total;
    this.squares += measured ** 2;
  }
}

/** A lease that would make this worker and its holder more equal. */
interface Move {
  readonly lease: Lease;
  /** The weight of the heavier of the two afterwards. */
  readonly heavier: number;
}

/**
 * Chooses the leases to take, and the one to ask for. Shards count by their weight, see
 * {@linkcode weightsOf}; without loads, each weighs 1.
 *
 * 1. Takes all leases of an earlier run of this worker.
 * 2. Takes free and expired leases in random order, until this worker has the fair part: the weight
 *    of all leases divided by the number of workers. Beyond that, leases that are left over: other
 *    workers have reached their `maxShards`, have given these shards up, or have died as well.
 * 3. If there are no free or expired leases, and none is asked for: asks for one lease of a worker
 *    that is heavier, and stays heavier by more than the loads may be off. Of these workers the
 *    heaviest one, and of its leases the one that makes the two most equal.
 *
 * Never more than this worker has room for, and never the lease of a shard that it reads.
 *
 * No lease goes back unless the loads change: each move makes the difference of two workers
 * smaller, and a move back would make it larger.
 *
 * Example without loads: a third worker starts beside two workers with 4 leases each, so the fair
 * part is 8 / 3. Nothing is free: it asks for one lease at each look, from 4-4-0 to 3-4-1 and
 * 3-3-2. Then it stops: one more would leave 2-3-3, which is no better. When the first worker dies,
 * its 3 leases expire. The fair part of the two others is 4: the second takes 1 lease and the third
 * takes 2.
 *
 * Example with loads: of two workers with 4 shards each, one has the busy shard of the example of
 * {@linkcode weightsOf}. So they weigh 6.5 and 2.3. The second asks for a light shard three times:
 * then they weigh 4.8 (the busy shard alone) and 4.0 (7 light shards).
 */
export function chooseClaims(situation: ClaimSituation): Claims {
  const { leases, asked } = situation;
  const weightOf = weightsOf(situation.byNumber ? [] : leases);
  const { me, others, resumable, free, requested } = sort(situation, weightOf);
  const places = Math.max(0, situation.room - requested);
  const resumed = resumable.slice(0, places);
  for (const lease of resumed) me.add(lease, weightOf(lease));
  const room = places - resumed.length;
  if (free.length > 0) {
    const whole = leases.reduce((sum, it) => sum + weightOf(it).total, 0);
    const missing = whole / (others.length + 1) - me.weight;
    const taken = chooseFree(situation, free, missing, weightOf);
    return {
      take: resumed.concat(taken.slice(0, room)),
      ask: [],
      isForLoad: false,
    };
  }
  const move = room > 0 && asked.size === 0
    ? bestMove(situation, me, others, weightOf)
    : undefined;
  return move
    ? { take: resumed, ask: [move.lease], isForLoad: move.isForLoad }
    : { take: resumed, ask: [], isForLoad: false };
}

/** Who has which lease. */
interface Sorted {
  readonly me: Burden;
  readonly others: readonly Burden[];
  /** Leases of an earlier run of this worker. They are not in `me`. */
  readonly resumable: readonly Lease[];
  /** Leases without a living holder. */
  readonly free: readonly Lease[];
  /** How many leases in `me` are asked for. */
  readonly requested: number;
}

function sort(
  situation: ClaimSituation,
  weightOf: (lease: Lease) => Weight,
): Sorted {
  const { workerId, leases, isExpired, isResumable, working, taking, asked } =
    situation;
  const me = new Burden();
  const burdens = new Map<string, Burden>();
  const resumable: Lease[] = [];
  const free: Lease[] = [];
  const held: [holder: string, lease: Lease][] = [];
  for (const lease of leases) {
    const { owner, shardId } = lease;
    const isNamed = owner === workerId;
    const isFree = owner === undefined || isExpired(lease);
    const isRead = working.has(shardId);
    // A lease that is free although this worker reads the shard was taken by another worker and
    // given back since the last renewal. It can be claimed when its session has been closed.
    if (taking.has(shardId) || isRead && (isNamed || isFree)) {
      me.add(lease, weightOf(lease));
    } else if (isNamed && isResumable(lease)) resumable.push(lease);
    else if (isFree) free.push(lease);
    else {
      held.push([owner, lease]);
      if (!burdens.has(owner)) burdens.set(owner, new Burden());
    }
  }
  let requested = 0;
  for (const [holder, lease] of held) {
    const isAsked = asked.has(lease.shardId);
    if (isAsked) requested++;
    // A lease that was asked for counts as that of the worker which asks, if it is alive.
    const next = isAsked
      ? me
      : burdens.get(lease.requestedBy ?? holder) ?? burdens.get(holder)!;
    next.add(lease, weightOf(lease));
  }
  return { me, others: [...burdens.values()], resumable, free, requested };
}

/** The free leases to take for a part of the weight. */
function chooseFree(
  { isLeftOver, random }: ClaimSituation,
  free: readonly Lease[],
  part: number,
  weightOf: (lease: Lease) => Weight,
): Lease[] {
  let missing = part;
  return shuffle(free, random).filter((lease) => {
    const isMissing = missing >= EPSILON;
    missing -= weightOf(lease).total;
    return isMissing || isLeftOver(lease);
  });
}

/** The lease to ask for, if any. */
function bestMove(
  { workerId, working, isCalm }: ClaimSituation,
  me: Burden,
  others: readonly Burden[],
  weightOf: (lease: Lease) => Weight,
): { lease: Lease; isForLoad: boolean } | undefined {
  const heaviestFirst = [...others].sort((a, b) => b.weight - a.weight);
  for (const other of heaviestFirst) {
    const isFewer = other.leases.length >= me.leases.length + 2;
    if (isCalm && !isFewer) continue;
    const slack = DEVIATION * Math.sqrt(me.squares + other.squares);
    let best: Move | undefined;
    for (const lease of other.leases) {
      // Not a lease that this worker has just lost: its shard is still being read here. And not
      // one that another worker has asked for.
      const { requestedBy = workerId } = lease;
      if (working.has(lease.shardId) || requestedBy !== workerId) continue;
      const { total } = weightOf(lease);
      const mine = me.weight + total;
      if (mine > other.weight - slack - EPSILON) continue;
      const heavier = Math.max(mine, other.weight - total);
      if (!best || heavier < best.heavier - EPSILON) best = { lease, heavier };
    }
    if (best) return { lease: best.lease, isForLoad: !isFewer };
  }
  return undefined;
}

function shuffle<I>(items: readonly I[], random: () => number): I[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
