/**
 * Judging from outside whether the holder of a lease is alive: by whether the counter moves, never by a stored clock.
 *
 * @module
 */
import type { Lease } from "../checkpoint/mod.ts";

interface Sight {
  readonly counter: number;
  readonly owner: string | undefined;
  /** When it was first seen like this. */
  readonly since: number;
  /** Whether this owner has moved it before our eyes. */
  readonly moved: boolean;
}

/** Remembers when each counter was last seen to move. */
export class LeaseWatch {
  readonly #failoverTimeMs: number;
  #seen = new Map<string, Sight>();

  /** A lease that stands still for so long has expired. */
  constructor(failoverTimeMs: number) {
    this.#failoverTimeMs = failoverTimeMs;
  }

  /** Looks at all leases of the stream. */
  look(leases: readonly Lease[], now: number): void {
    const seen = new Map<string, Sight>();
    for (const { shardId, counter, owner } of leases) {
      const before = this.#seen.get(shardId);
      const sameOwner = before !== undefined && before.owner === owner;
      seen.set(
        shardId,
        sameOwner && before.counter === counter
          ? before
          : { counter, owner, since: now, moved: sameOwner },
      );
    }
    this.#seen = seen;
  }

  /** Whether the holder has been silent for too long. */
  isExpired({ shardId }: Lease, now: number): boolean {
    const seen = this.#seen.get(shardId);
    return seen !== undefined && now - seen.since >= this.#failoverTimeMs;
  }

  /** Whether somebody holds the lease and has moved it before our eyes, not long ago. */
  isAlive(lease: Lease, now: number): boolean {
    return lease.owner !== undefined && !this.isExpired(lease, now) &&
      this.#seen.get(lease.shardId)?.moved === true;
  }
}
