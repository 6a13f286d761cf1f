/**
 * A bound that many members share, such that none of them can use up the part of another.
 *
 * @module
 */

/** How many times the free part of the pool one member may use of it. */
const ALPHA = 2;

/**
 * One half of the capacity is divided evenly: each member may always use its part. The other half is a pool, of which a
 * member may use twice what it leaves free. With a capacity of 60 and 3 members each may always use 10; one that is stuck
 * stops at 10 + 20 and leaves 10 of the pool, a second one then stops at 10 + 6. A single member may use everything.
 *
 * What the members use together stays under the capacity, as long as each keeps to its room. Only after others have joined,
 * what was taken before may lie above it.
 */
export class Shares {
  readonly #pool: Pool;

  /**
   * Starts without members. `Infinity` stands for no bound. Each member may always use `leastPart`, also when these parts are
   * more than the capacity together. @default {0}
   */
  constructor(capacity: number, leastPart = 0) {
    // Sums of infinities are no numbers.
    const bound = Math.min(capacity, Number.MAX_SAFE_INTEGER);
    this.#pool = {
      capacity: bound,
      leastPart,
      members: new Set(),
      isStale: false,
      part: bound,
      size: 0,
      taken: 0,
      used: 0,
    };
  }

  /** What all members use. */
  get used(): number {
    return this.#pool.used;
  }

  /** Adds a member, which makes the parts of the others smaller. */
  join(): Share {
    const pool = this.#pool;
    const share = new Share(pool);
    pool.members.add(share);
    pool.isStale = true;
    return share;
  }
}

/** What the members have in common. */
interface Pool {
  readonly capacity: number;
  readonly leastPart: number;
  readonly members: Set<Share>;
  /** Members have come or gone since the capacity was divided. */
  isStale: boolean;
  /** What each member may always use. */
  part: number;
  /** What is left of the capacity without the parts. */
  size: number;
  /** What is used of that. */
  taken: number;
  /** What is used of everything. */
  used: number;
}

/** Divides the capacity when it is needed, not for each of the hundreds of members that come and go together. */
function divide(pool: Pool): void {
  if (!pool.isStale) return;
  const count = pool.members.size;
  pool.isStale = false;
  pool.part = count <= 1
    ? pool.capacity
    : Math.max(pool.leastPart, Math.floor(pool.capacity / 2 / count));
  pool.size = Math.max(0, pool.capacity - count * pool.part);
  pool.taken = 0;
  for (const { used } of pool.members) pool.taken += above(used, pool);
}

/** What a member that uses so much takes from the pool. */
function above(used: number, { part }: Pool): number {
  return used > part ? used - part : 0;
}

/** The use of one member. */
export class Share {
  readonly #pool: Pool;
  #used = 0;
  #hasLeft = false;

  /** Made by {@linkcode Shares.join}. */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What this member uses. */
  get used(): number {
    return this.#used;
  }

  /** What this member may always use, whatever the others do. */
  get part(): number {
    divide(this.#pool);
    return this.#pool.part;
  }

  /** How much more this member may use now. */
  get room(): number {
    const pool = this.#pool;
    divide(pool);
    const free = pool.size - pool.taken + above(this.#used, pool);
    const ofPool = free > 0 ? Math.floor(free * ALPHA / (1 + ALPHA)) : 0;
    return Math.max(0, pool.part + ofPool - this.#used);
  }

  /** Changes what this member uses; it may pass the room. */
  adjust(difference: number): void {
    if (this.#hasLeft) return;
    const pool = this.#pool;
    divide(pool);
    const before = above(this.#used, pool);
    this.#used += difference;
    pool.used += difference;
    pool.taken += above(this.#used, pool) - before;
  }

  /** Gives back everything, and the part. A second time does nothing. */
  leave(): void {
    this.adjust(-this.#used);
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#pool.members.delete(this);
    this.#pool.isStale = true;
  }
}
