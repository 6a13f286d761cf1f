/**
 * Judges whether the holder of a lease is alive: it adds 1 to the counter with each renewal. Each
 * worker measures with its own clock for how long a counter has stood still, so the clocks of the
 * workers need not agree.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";

/** The state of one lease when it was last seen. */
interface Observation {
  readonly counter: number;
  readonly owner: string | undefined;
  /** When this owner and counter were first seen, in milliseconds. */
  readonly since: number;
  /** Whether the counter has moved under this owner since the first look. */
  readonly hasMoved: boolean;
}

/** Remembers when the counter of each lease moved last. */
export class LeaseWatch {
  readonly #failoverTimeMs: number;
  #observed = new Map<string, Observation>();

  /** A lease expires if its counter does not move for `failoverTimeMs`. */
  constructor(failoverTimeMs: number) {
    this.#failoverTimeMs = failoverTimeMs;
  }

  /** Looks at all leases of the stream. `now` is in milliseconds, and so below. */
  look(leases: readonly Lease[], now: number): void {
    const observed = new Map<string, Observation>();
    for (const { shardId, counter, owner } of leases) {
      const before = this.#observed.get(shardId);
      const sameOwner = before !== undefined && before.owner === owner;
      observed.set(
        shardId,
        sameOwner && before.counter === counter
          ? before
          : { counter, owner, since: now, hasMoved: sameOwner },
      );
    }
    this.#observed = observed;
  }

  /** Whether the lease was not renewed for `failoverTimeMs`. */
  isExpired({ shardId }: Lease, now: number): boolean {
    const lease = this.#observed.get(shardId);
    return lease !== undefined && now - lease.since >= this.#failoverTimeMs;
  }

  /** When the lease was first seen with its present owner and counter, in milliseconds. */
  movedAt(shardId: string): number | undefined {
    return this.#observed.get(shardId)?.since;
  }

  /** Whether a worker holds the lease and was seen to renew it within `failoverTimeMs`. */
  isAlive(lease: Lease, now: number): boolean {
    return lease.owner !== undefined && !this.isExpired(lease, now) &&
      this.#observed.get(lease.shardId)?.hasMoved === true;
  }
}
