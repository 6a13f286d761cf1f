/**
 * What a worker remembers about moves of leases between living workers.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ClaimSituation } from "./claims.ts";

/**
 * How long a worker may hold a lease without storing a load, in milliseconds, beside the failover
 * time: a load is known after a minute, and then stored with the next renewal.
 */
const UNMEASURED_MS = 180_000;

/**
 * A move for the load alone must be right at every look for so many failover times, and for a minute
 * at most. Loads that come in bursts are off by more than a move allows now and then: without it,
 * one in twelve fleets moved a shard to and fro within an hour.
 */
const STEADY_FAILOVERS = 6;
const MOST_STEADY_MS = 60_000;

/** A lease of a living worker without a load of this library. */
interface Unmeasured {
  readonly owner: string | undefined;
  /** When it was first seen so, in milliseconds of the monotonic clock. */
  readonly since: number;
}

/** Decides when shards may be moved for their loads. */
export class Balance {
  readonly #failoverTimeMs: number;
  #unmeasured = new Map<string, Unmeasured>();
  #askedAt = -Infinity;
  /** Since when each look has shown a move for the load alone. */
  #wantedSince: number | undefined;

  /** Starts without knowledge. */
  constructor(
    { failoverTimeMs }: Pick<ConsumerSettings, "failoverTimeMs">,
  ) {
    this.#failoverTimeMs = failoverTimeMs;
  }

  /**
   * Looks at the leases that other living workers hold. `now` is in milliseconds of the monotonic
   * clock, as below.
   *
   * All shards count the same beside a worker that stores no loads, such as one of the KCL: it
   * counts leases. If this worker balanced by load, the two would take leases from each other
   * without end.
   */
  look(
    held: readonly Lease[],
    now: number,
  ): Pick<ClaimSituation, "byNumber" | "isCalm"> {
    const before = this.#unmeasured;
    this.#unmeasured = new Map();
    let byNumber = false;
    for (const { shardId, owner, load } of held) {
      if (load?.recordsPerSecond !== undefined) continue;
      const last = before.get(shardId);
      const it = last && last.owner === owner ? last : { owner, since: now };
      this.#unmeasured.set(shardId, it);
      byNumber ||= now - it.since >= UNMEASURED_MS + this.#failoverTimeMs;
    }
    return { byNumber, isCalm: now - this.#askedAt < this.#failoverTimeMs };
  }

  /**
   * Whether a move for the load alone has been right for long enough. `isWanted` says whether this
   * look shows one. A look that may show none, because another move was just made, does not count.
   */
  isSteady(isWanted: boolean, isPaused: boolean, now: number): boolean {
    if (isWanted) this.#wantedSince ??= now;
    else if (!isPaused) this.#wantedSince = undefined;
    const steadyMs = Math.min(
      MOST_STEADY_MS,
      STEADY_FAILOVERS * this.#failoverTimeMs,
    );
    return isWanted && now - this.#wantedSince! >= steadyMs;
  }

  /** Notes that this worker asks for a lease. */
  noteAsked(now: number): void {
    this.#askedAt = now;
  }
}
