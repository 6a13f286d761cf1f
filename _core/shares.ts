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
  readonly #capacity: number;
  readonly #members = new Set<Share>();
  /** What each member may always use. */
  #part = 0;
  /** The size of the pool. */
  #pool = 0;
  /** What is used of the pool. */
  #pooled = 0;
  #used = 0;

  /** Starts without members. `Infinity` stands for no bound. */
  constructor(capacity: number) {
    // Sums of infinities are no numbers.
    this.#capacity = Math.min(capacity, Number.MAX_SAFE_INTEGER);
  }

  /** What all members use. */
  get used(): number {
    return this.#used;
  }

  /** Adds a member, which makes the parts of the others smaller. */
  join(): Share {
    const share: Share = new Share(
      {
        part: () => this.#part,
        room: (used) => this.#roomOf(used),
        changed: (before, after) => {
          this.#used += after - before;
          this.#pooled += this.#aboveOf(after) - this.#aboveOf(before);
        },
        left: () => {
          this.#members.delete(share);
          this.#divide();
        },
      },
    );
    this.#members.add(share);
    this.#divide();
    return share;
  }

  #divide(): void {
    const count = this.#members.size;
    this.#part = count <= 1
      ? this.#capacity
      : Math.floor(this.#capacity / 2 / count);
    this.#pool = this.#capacity - count * this.#part;
    this.#pooled = 0;
    for (const { used } of this.#members) this.#pooled += this.#aboveOf(used);
  }

  #aboveOf(used: number): number {
    return Math.max(0, used - this.#part);
  }

  #roomOf(used: number): number {
    const free = this.#pool - (this.#pooled - this.#aboveOf(used));
    const ofPool = Math.floor(Math.max(0, free) * ALPHA / (1 + ALPHA));
    return Math.max(0, this.#part + ofPool - used);
  }
}

/** What a share asks and tells the whole. */
interface Whole {
  part(): number;
  room(used: number): number;
  changed(before: number, after: number): void;
  left(): void;
}

/** The use of one member. */
export class Share {
  readonly #whole: Whole;
  #used = 0;
  #hasLeft = false;

  /** Made by {@linkcode Shares.join}. */
  constructor(whole: Whole) {
    this.#whole = whole;
  }

  /** What this member uses. */
  get used(): number {
    return this.#used;
  }

  /** What this member may always use, whatever the others do. */
  get part(): number {
    return this.#whole.part();
  }

  /** How much more this member may use now. */
  get room(): number {
    return this.#whole.room(this.#used);
  }

  /** Changes what this member uses; it may pass the room. */
  adjust(difference: number): void {
    if (this.#hasLeft || difference === 0) return;
    const before = this.#used;
    this.#used += difference;
    this.#whole.changed(before, this.#used);
  }

  /** Gives back everything, and the part. A second time does nothing. */
  leave(): void {
    this.adjust(-this.#used);
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#whole.left();
  }
}
