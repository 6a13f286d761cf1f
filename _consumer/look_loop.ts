/**
 * The loop of a coordinator: looks, pauses, and looks again.
 *
 * @module
 */
import { delay, monotonicNow } from "../_core/clock.ts";
import type { FailureStreak } from "../_core/failure_streak.ts";
import { notify } from "../_core/notify.ts";
import { onAbort } from "../_core/on_abort.ts";
import { IN_USE } from "../_aws/service_error.ts";
import { KinesisError } from "../errors.ts";
import { failuresInARow } from "./failures.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import { Outage, STORE_OUTAGE_MS } from "./leases/store_outage.ts";
import type { ConsumerSettings } from "./options/resolved_options.ts";

/**
 * The least pause between two looks, in milliseconds. The shards of a reshard end one after
 * another, and one look after the pause finds several of them.
 */
const LEAST_PAUSE_MS = 250;

/** The options that matter here. */
export type LookLoopOptions = Pick<
  ConsumerSettings,
  "clock" | "hooks" | "maxFailuresInARow" | "random" | "stream"
>;

/** What a {@linkcode LookLoop} does. */
export interface LookLoopParts {
  /** Looks once. Resolves with the pause before the next look, in milliseconds. */
  look(): Promise<number>;
  /** The pause before the next glance, in milliseconds. `Infinity`: none. */
  glanceMs(): number;
  /**
   * Makes a small check between two looks. Resolves with whether there is something that is worth a
   * look now. If it rejects, no further check is made before the next look.
   */
  glance(signal: AbortSignal): Promise<boolean>;
  /** Whether an error is of the checkpointer. Such errors have a limit of their own. */
  isOfStore(error: unknown): boolean;
  /** A look has ended, successful or not. */
  looked(): void;
  /** The loop has ended with an error. */
  failed(error: unknown): void;
}

/**
 * Makes all decisions of a worker about the shards of a stream, one after another: so each decision
 * sees the result of the decision before. All else only wakes this loop.
 */
export class LookLoop {
  readonly #options: LookLoopOptions;
  readonly #parts: LookLoopParts;
  readonly #wait = new InterruptibleWait();
  /** Failures in a row, those of the checkpointer aside. */
  readonly #failures: FailureStreak;
  /** Failures of the checkpointer in a row. */
  readonly #outage: Outage;

  /** Looks only after {@linkcode LookLoop.run}. */
  constructor(options: LookLoopOptions, parts: LookLoopParts) {
    this.#options = options;
    this.#parts = parts;
    this.#failures = failuresInARow(options);
    this.#outage = new Outage({
      ...options,
      shardId: undefined,
      limitMs: STORE_OUTAGE_MS,
    });
  }

  /** Ends the pause before the next look. */
  wake(): void {
    this.#wait.interrupt();
  }

  /** Looks until the signal aborts, or a look has failed too often. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#wait.reset();
      let pauseMs: number;
      try {
        pauseMs = await this.#lookOrRecover(signal);
      } catch (error) {
        if (!signal.aborted) this.#parts.failed(error);
        return;
      }
      this.#parts.looked();
      const end = monotonicNow(clock) + pauseMs;
      const glanceMs = this.#parts.glanceMs() - LEAST_PAUSE_MS;
      await delay(LEAST_PAUSE_MS, { clock, signal }).catch(() => {});
      await this.#pause(end, glanceMs, signal);
    }
  }

  /** Reports an error after which another look follows. */
  report(error: unknown, attempt: number, retryDelayMs: number): void {
    const { stream, hooks } = this.#options;
    notify(hooks, "onReadError", { stream, error, attempt, retryDelayMs });
  }

  /** Waits until `end`, in milliseconds of the monotonic clock, and glances meanwhile. */
  async #pause(
    end: number,
    glanceMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    for (let ms = Math.max(0, glanceMs);; ms = this.#parts.glanceMs()) {
      const leftMs = Math.max(0, end - monotonicNow(clock));
      await this.#wait.wait(Math.min(ms, leftMs), { clock, signal });
      if (ms >= leftMs || this.#wait.isInterrupted || signal.aborted) return;
      const hasNews = await this.#glance(leftMs - ms, signal);
      if (hasNews === undefined) break;
      if (hasNews) return;
    }
    const restMs = Math.max(0, end - monotonicNow(clock));
    await this.#wait.wait(restMs, { clock, signal });
  }

  /**
   * Glances for `ms` milliseconds at most. Resolves with whether a look must follow now, or
   * `undefined` if the glance failed.
   */
  async #glance(
    ms: number,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const { clock } = this.#options;
    const over = new AbortController();
    const end = () => over.abort();
    const stopListening = onAbort(signal, end);
    const glance = this.#parts.glance(over.signal).catch(() => undefined);
    const wait = this.#wait.wait(ms, { clock, signal: over.signal });
    const hasNews = await Promise.race([glance, wait.then(() => true)]);
    stopListening();
    end();
    await wait;
    return hasNews;
  }

  /** Resolves with the pause before the next look, in milliseconds. */
  async #lookOrRecover(signal: AbortSignal): Promise<number> {
    const { look, isOfStore } = this.#parts;
    try {
      const pauseMs = await look();
      this.#failures.end();
      this.#outage.end();
      return pauseMs;
    } catch (error) {
      if (signal.aborted || isFinal(error)) throw error;
      const streak = isOfStore(error) ? this.#outage : this.#failures;
      const pauseMs = streak.pauseAfter(error);
      this.report(error, streak.length, pauseMs);
      return pauseMs;
    }
  }
}

function isFinal(error: unknown): boolean {
  // Errors of a checkpointer are of unknown kinds, so the consumer tries again after them. A
  // RangeError is a mistake in a program; a TypeError may be one, or `fetch` without a network.
  return error instanceof RangeError ||
    error instanceof KinesisError && !error.retryable &&
      error.code !== IN_USE; // the stream is being created
}
