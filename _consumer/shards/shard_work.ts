/**
 * Work that is done for each shard alone: a shard whose work fails or hangs delays no other shard.
 *
 * @module
 */
import { delay, monotonicNow } from "../../_core/clock.ts";
import { notify } from "../../_core/notify.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { Outage } from "../leases/store_outage.ts";

/** Most concurrent calls. Thousands would only wait for one another in the store. */
const AT_ONCE = 32;
/** {@linkcode ShardWork.run} stops waiting if nothing was answered for so long, in milliseconds. */
const SILENCE_MS = 1000;

/** The options that matter here. */
export type ShardWorkOptions = Pick<
  ConsumerSettings,
  "clock" | "hooks" | "random" | "stream"
>;

/** The signal and the callbacks of a {@linkcode ShardWork}. */
export interface ShardWorkParts {
  /** Ends all work. Failures after that are not reported. */
  readonly signal: AbortSignal;
  /** Called when work is done for which `run` has stopped waiting. */
  readonly onLate: () => void;
  /**
   * Called when the work for one shard has failed for `limitMs` milliseconds, or has an error of
   * the store that no retry can change. Without it, the work is tried for ever.
   */
  readonly onGivenUp?: (error: unknown) => void;
  /**
   * See `onGivenUp`.
   * @default {Infinity}
   */
  readonly limitMs?: number;
}

interface Failure {
  readonly outage: Outage;
  /** When the work may be tried again, in milliseconds. */
  dueAt: number;
}

/** Does one thing at a time for each shard, and tries again with growing pauses. */
export class ShardWork {
  readonly #options: ShardWorkOptions;
  readonly #parts: ShardWorkParts;
  readonly #underWay = new Set<string>();
  readonly #failures = new Map<string, Failure>();
  readonly #runs = new Set<Promise<unknown>>();

  /** Starts without work. */
  constructor(options: ShardWorkOptions, parts: ShardWorkParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The shards whose work is waiting for its start or is not done yet. */
  get underWay(): ReadonlySet<string> {
    return this.#underWay;
  }

  /** Whether the work for a shard has failed and is not to be tried yet. */
  isPaused(shardId: string): boolean {
    const failure = this.#failures.get(shardId);
    return failure !== undefined && failure.dueAt > this.#now;
  }

  /** The time until the next pause after a failure is over, in milliseconds. */
  get pauseMs(): number {
    let pauseMs = Infinity;
    for (const { dueAt } of this.#failures.values()) {
      const left = dueAt - this.#now;
      if (left > 0) pauseMs = Math.min(pauseMs, left);
    }
    return pauseMs;
  }

  /**
   * Does the work for each item whose shard has no work under way and is not paused. Resolves when
   * all work is done or has failed, or when no call was answered for a second. In the latter case
   * the remaining work goes on, and `onLate` is called after the work of each of these shards.
   */
  async run<I extends { readonly shardId: string }>(
    items: readonly I[],
    work: (item: I) => Promise<unknown>,
  ): Promise<void> {
    const queue = items.filter(({ shardId }) =>
      !this.#underWay.has(shardId) && !this.isPaused(shardId)
    );
    if (queue.length === 0) return;
    for (const { shardId } of queue) this.#underWay.add(shardId);
    let answers = 0;
    let isWaiting = true;
    const lane = async () => {
      for (let item = queue.shift(); item; item = queue.shift()) {
        await this.#do(item, work);
        answers++;
        if (!isWaiting) this.#parts.onLate();
      }
    };
    const lanes = Array.from({ length: Math.min(AT_ONCE, queue.length) }, lane);
    let isDone = false;
    const done = Promise.all(lanes).then(() => {
      isDone = true;
      this.#runs.delete(done);
    });
    this.#runs.add(done);
    for (let before = -1; !isDone && answers > before;) {
      before = answers;
      await this.#waitFor(done);
    }
    isWaiting = false;
  }

  /** Resolves when no work is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#runs);
  }

  get #now(): number {
    return monotonicNow(this.#options.clock);
  }

  async #waitFor(done: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    const timer = new AbortController();
    const silence = delay(SILENCE_MS, { clock, signal: timer.signal });
    await Promise.race([done, silence]);
    silence.catch(() => {});
    timer.abort();
  }

  async #do<I extends { readonly shardId: string }>(
    item: I,
    work: (item: I) => Promise<unknown>,
  ): Promise<void> {
    const { shardId } = item;
    try {
      if (this.#parts.signal.aborted) return;
      await work(item);
      this.#failures.delete(shardId);
    } catch (error) {
      if (!this.#parts.signal.aborted) this.#fail(shardId, error);
    } finally {
      this.#underWay.delete(shardId);
    }
  }

  #fail(shardId: string, error: unknown): void {
    const { hooks, stream } = this.#options;
    const { limitMs = Infinity, onGivenUp } = this.#parts;
    if (onGivenUp && isStoreRefusal(error)) return onGivenUp(error);
    const { outage } = this.#failures.get(shardId) ?? {
      outage: new Outage({ ...this.#options, shardId, limitMs }),
    };
    let retryDelayMs: number;
    try {
      retryDelayMs = outage.pauseAfter(error);
    } catch (givenUp) {
      return onGivenUp?.(givenUp);
    }
    this.#failures.set(shardId, { outage, dueAt: this.#now + retryDelayMs });
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt: outage.length,
      retryDelayMs,
    });
  }
}

/** Whether the store refuses what it is asked for, whichever shard it is and however often. */
function isStoreRefusal(error: unknown): boolean {
  return error instanceof ServiceError && !error.retryable ||
    error instanceof KinesisError && error.code === "CheckpointStoreRefused";
}
