/**
 * Divides a capacity among many members, so that no member can use up the part of another.
 *
 * @module
 */

/** A member may use this many times the part of the pool that it leaves free. */
const ALPHA = 2;

/**
 * One half of the capacity is divided evenly, and each member may always use its part. The other
 * half is a pool: a member may use twice the part of the pool that it leaves free. A single member
 * may use everything.
 *
 * Example: with a capacity of 60 and 3 members, each part is 10 and the pool is 30. The first
 * stuck member stops at 10 + 20 and leaves 10 of the pool free. A second stuck member stops at 10
 * + 6 and leaves 4. The third member still has its own 10, and 2 of the pool.
 *
 * As long as each member keeps to its room, all members together stay under the capacity. After a
 * member joins, the parts are smaller, and what was used before may lie above the capacity.
 */
export class Shares {
  readonly #pool: Pool;

  /**
   * Starts without members. `Infinity` means no bound. A part is at least `leastPart`, even if all
   * parts together are more than the capacity then.
   */
  constructor(capacity: number, leastPart = 0) {
    // Infinity - Infinity is NaN.
    const bound = Math.min(capacity, Number.MAX_SAFE_INTEGER);
    this.#pool = {
      capacity: bound,
      leastPart,
      expected: 0,
      members: new Set(),
      isStale: false,
      part: bound,
      size: 0,
      taken: 0,
      used: 0,
    };
  }

  /** The sum of what the members use. */
  get used(): number {
    return this.#pool.used;
  }

  /** The amount that each member may always use. */
  get part(): number {
    divide(this.#pool);
    return this.#pool.part;
  }

  /**
   * From now on the capacity is divided among at least `count` members. Members that join one after
   * another find their part free then, although those before them have used up their room.
   */
  expect(count: number): void {
    this.#pool.expected = count;
    this.#pool.isStale = true;
  }

  /** Adds a member. The parts of the other members become smaller. */
  join(): Share {
    const pool = this.#pool;
    const share = new Share(pool);
    pool.members.add(share);
    pool.isStale = true;
    return share;
  }
}

/** The state that the members of one capacity share. */
interface Pool {
  readonly capacity: number;
  readonly leastPart: number;
  readonly members: Set<Share>;
  /** The number of members that will have joined. */
  expected: number;
  /** Whether the number of members has changed since the capacity was divided. */
  isStale: boolean;
  /** The part that each member may always use. */
  part: number;
  /** The size of the pool: the capacity without the parts. */
  size: number;
  /** The sum of what members use of the pool. */
  taken: number;
  /** The sum of what members use. */
  used: number;
}

/**
 * Divides the capacity, if the number of members has changed since the last time. Called when a
 * part is needed and not at each change, because hundreds of members may join at the same time.
 */
function divide(pool: Pool): void {
  if (!pool.isStale) return;
  const count = Math.max(pool.members.size, pool.expected);
  pool.isStale = false;
  pool.part = count <= 1
    ? pool.capacity
    : Math.max(pool.leastPart, Math.floor(pool.capacity / 2 / count));
  pool.size = Math.max(0, pool.capacity - count * pool.part);
  pool.taken = 0;
  for (const { used } of pool.members) pool.taken += above(used, pool);
}

/** The part of the pool that a member with this use takes. */
function above(used: number, { part }: Pool): number {
  return used > part ? used - part : 0;
}

/** One member. */
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

  /** How much this member may always use. */
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

  /** Adds to what this member uses. It may exceed the room. */
  adjust(difference: number): void {
    if (this.#hasLeft) return;
    const pool = this.#pool;
    divide(pool);
    const before = above(this.#used, pool);
    this.#used += difference;
    pool.used += difference;
    pool.taken += above(this.#used, pool) - before;
  }

  /** Gives everything back, and leaves. A second call does nothing. */
  leave(): void {
    this.adjust(-this.#used);
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#pool.members.delete(this);
    this.#pool.isStale = true;
  }
}
