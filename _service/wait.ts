/**
 * Waits until a resource has a certain state.
 *
 * @module
 */
import { hasCode, NOT_FOUND } from "../_aws/service_error.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { KinesisError, WaiterError } from "../errors.ts";
import type { CallOptions, ResolvedServiceOptions } from "./options.ts";

/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait. It rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Longest wait, in milliseconds.
   * @default {300_000}
   */
  timeoutMs?: number;
}

/** The resource and the state to wait for. */
export interface WaitTarget<T> {
  /** The resource in words, for example `stream "orders"`. */
  readonly what: string;
  /** The state that ends the wait. */
  readonly wanted: "ACTIVE" | "DELETED";
  /**
   * States after which it never comes to the wanted one.
   * @default {[]}
   */
  readonly hopeless?: readonly string[];
  /** Asks the service for a description. */
  describe(options: CallOptions): Promise<T>;
  /** The state in a description. */
  stateOf(description: T): string;
  /** The reason for the state, if the service names one. */
  reasonOf?(description: T): string | undefined;
}

/**
 * The delays between two polls. An account may call DescribeStreamSummary 20 times a second, for
 * all of its programs together.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
 */
const POLL = { baseMs: 200, maxMs: 5000 };

/**
 * Polls until the resource has the wanted state. Resolves with the last description, or with
 * `undefined` if the resource was deleted.
 *
 * @throws {WaiterError} if the state is not reached in time, or never will be
 */
export async function waitFor<T>(
  target: WaitTarget<T>,
  { signal, timeoutMs: given }: WaitOptions,
  { clock, random }: Pick<ResolvedServiceOptions, "clock" | "random">,
): Promise<T | undefined> {
  const { what, wanted, hopeless = [] } = target;
  const timeoutMs = timeOption(
    new OptionCheck(`Cannot wait for ${what}`),
    "timeoutMs",
    given,
    { default: 300_000, least: 0, orNever: true },
  );
  const deadline = monotonicNow(clock) + timeoutMs;
  // A poll that finds another state counts as a failure.
  const polls = new FailureStreak({
    backoff: POLL,
    maxFailures: Infinity,
    random,
  });
  let state = "not known";
  for (;;) {
    let cause: unknown;
    try {
      const description = await describeOrNothing(target, signal);
      state = description === undefined
        ? "DELETED"
        : target.stateOf(description);
      if (state === wanted) return description;
      if (hopeless.includes(state)) {
        const reason = description && target.reasonOf?.(description);
        throw new WaiterError(
          `Cannot wait for ${what} to be ${wanted}: it is ${state}${
            reason ? `: ${reason}` : ""
          }`,
          { lastState: state, code: "WaitFailed" },
        );
      }
    } catch (error) {
      // A throttle says nothing about the state. The next poll may succeed.
      if (!(error instanceof KinesisError) || !error.retryable) throw error;
      cause = error;
    }
    const pauseMs = polls.pauseAfter(cause);
    if (monotonicNow(clock) + pauseMs > deadline) {
      throw new WaiterError(
        `Cannot wait any longer for ${what} to be ${wanted}: it is still ${state} after ${timeoutMs} ms`,
        { lastState: state, cause },
      );
    }
    await delay(pauseMs, { clock, signal });
  }
}

async function describeOrNothing<T>(
  target: WaitTarget<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await target.describe({ signal });
  } catch (error) {
    const isGone = hasCode(error, NOT_FOUND);
    if (isGone && target.wanted === "DELETED") return undefined;
    throw error;
  }
}
