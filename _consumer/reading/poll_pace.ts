/**
 * The intervals at which shards are read at their latest record.
 *
 * @module
 */
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The number of reads per second for all idle shards of a consumer together. */
const IDLE_READS_PER_SECOND = 50;
/** The interval of an idle shard grows by this factor with each empty answer. */
const GROWTH = 2;

/** The options that a pace depends on. */
export type PollPaceOptions = Pick<
  ConsumerSettings,
  "pollIntervalMs" | "maxPollIntervalMs"
>;

/**
 * The pace of all shards of a consumer. A shard is idle if its last answer was empty. Few idle
 * shards are read at `pollIntervalMs`. The more shards are idle, the longer their intervals become,
 * because an empty answer costs nearly as much processor time as a full one.
 *
 * Example: `pollIntervalMs` is 1 s and `maxPollIntervalMs` is 10 s. 50 idle shards are read every
 * second, 200 every 4 s, and 500 or more every 10 s.
 */
export class PollPace {
  readonly #options: PollPaceOptions;
  #idle = 0;

  /** Starts without shards. */
  constructor(options: PollPaceOptions) {
    this.#options = options;
  }

  /** Adds a shard. */
  join(): ShardPace {
    const { pollIntervalMs } = this.#options;
    return new ShardPace(pollIntervalMs, {
      noteIdle: (difference) => this.#idle += difference,
      longestMs: () => this.#longestMs(),
    });
  }

  /** The longest interval of an idle shard, in milliseconds. */
  #longestMs(): number {
    const { pollIntervalMs, maxPollIntervalMs } = this.#options;
    const fairMs = this.#idle * 1000 / IDLE_READS_PER_SECOND;
    return Math.min(Math.max(fairMs, pollIntervalMs), maxPollIntervalMs);
  }
}

/** The state that all shards of a consumer share. */
interface CommonPace {
  /** Changes the number of idle shards. */
  noteIdle(difference: number): void;
  /** The longest interval of an idle shard, in milliseconds. */
  longestMs(): number;
}

/** The pace of one shard. */
export class ShardPace {
  readonly #shortestMs: number;
  readonly #common: CommonPace;
  #intervalMs: number;
  #isIdle = false;

  /** Made by {@linkcode PollPace.join}. */
  constructor(shortestMs: number, common: CommonPace) {
    this.#shortestMs = shortestMs;
    this.#common = common;
    this.#intervalMs = shortestMs;
  }

  /** The time from an answer at the latest record to the next request, in milliseconds. */
  intervalAfter(records: number): number {
    if (records > 0) {
      this.wake();
      return this.#intervalMs;
    }
    if (this.#isIdle) this.#intervalMs *= GROWTH;
    else this.#become(true);
    return this.#intervalMs = Math.min(
      this.#intervalMs,
      this.#common.longestMs(),
    );
  }

  /** Notes that the shard is not idle: it has records, or it is not read any more. */
  wake(): void {
    this.#intervalMs = this.#shortestMs;
    if (this.#isIdle) this.#become(false);
  }

  #become(isIdle: boolean): void {
    this.#isIdle = isIdle;
    this.#common.noteIdle(isIdle ? 1 : -1);
  }
}
