/**
 * Shards whose lease this worker has given back because it could not read them.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";

/**
 * Leaves each of these shards alone for a while, so that another worker can take it. If none does,
 * this worker may take it again.
 */
export class GivenUpShards {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  /** Until when each shard is left alone, in milliseconds of the monotonic clock. */
  readonly #until = new Map<string, number>();

  /**
   * A shard is left alone for 3 × `failoverTimeMs`: another worker sees after at most 0.5 × of it
   * that the lease is free, and takes it after 1 × of it also beyond its fair part.
   */
  constructor(
    { clock, failoverTimeMs }: { clock: Clock; failoverTimeMs: number },
  ) {
    this.#clock = clock;
    this.#pauseMs = 3 * failoverTimeMs;
  }

  /** Leaves a shard alone from now on. */
  add(shardId: string): void {
    this.#until.set(shardId, monotonicNow(this.#clock) + this.#pauseMs);
  }

  /** Whether a shard must not be taken yet. */
  has(shardId: string): boolean {
    const until = this.#until.get(shardId);
    if (until === undefined) return false;
    if (until > monotonicNow(this.#clock)) return true;
    this.#until.delete(shardId);
    return false;
  }

  /** The time until the next shard may be taken again, in milliseconds. */
  get pauseMs(): number {
    const now = monotonicNow(this.#clock);
    let pauseMs = Infinity;
    for (const until of this.#until.values()) {
      if (until > now) pauseMs = Math.min(pauseMs, until - now);
    }
    return pauseMs;
  }
}
