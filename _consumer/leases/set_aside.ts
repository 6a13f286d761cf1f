/**
 * Remembers the shards that this worker has given up, and the times at which it may take them
 * again.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The options that the pauses depend on. */
export type SetAsideOptions = Pick<
  ConsumerSettings,
  "clock" | "failoverTimeMs"
>;

/** The first pause, in failover times: other workers look twice in a failover time. */
const FIRST_PAUSE = 3;
/** The longest pause, in milliseconds, unless the first pause is longer. */
const LONGEST_PAUSE_MS = 600_000;

interface Entry {
  readonly pauseMs: number;
  /** In milliseconds of the monotonic clock. */
  readonly until: number;
}

/**
 * A shard that was given up is left to the other workers for three failover times, and twice as
 * long each further time, up to 10 minutes. After 10 minutes without being given up, the pause
 * starts at three failover times again.
 */
export class SetAside {
  readonly #options: SetAsideOptions;
  readonly #entries = new Map<string, Entry>();

  /** Starts without shards. */
  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /** Adds a shard that was given up now. */
  add(shardId: string): void {
    const first = FIRST_PAUSE * this.#options.failoverTimeMs;
    const longest = Math.max(first, LONGEST_PAUSE_MS);
    const now = this.#now;
    const last = this.#entries.get(shardId);
    const isRepeated = last && now - last.until < longest;
    const pauseMs = isRepeated ? Math.min(longest, 2 * last.pauseMs) : first;
    this.#entries.set(shardId, { pauseMs, until: now + pauseMs });
  }

  /** Whether this worker must not take the shard yet. */
  has(shardId: string): boolean {
    const entry = this.#entries.get(shardId);
    return entry !== undefined && entry.until > this.#now;
  }

  /** The time until the next pause is over, in milliseconds. */
  get pauseMs(): number {
    const now = this.#now;
    let pauseMs = Infinity;
    for (const { until } of this.#entries.values()) {
      if (until > now) pauseMs = Math.min(pauseMs, until - now);
    }
    return pauseMs;
  }

  get #now(): number {
    return monotonicNow(this.#options.clock);
  }
}
