/**
 * Waiting for a state that the service reaches in its own time.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { KinesisError, ServiceError, WaiterError } from "../errors.ts";
import type { CallOptions, ResolvedClientOptions } from "./options.ts";

/** Options of a waiter. */
export interface WaitOptions {
  /** Ends the wait; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Longest wait, in milliseconds. @default {300_000} */
  timeoutMs?: number;
}

/** What is waited for. */
export interface Awaited<T> {
  /** In words, for example `stream "orders"`. */
  readonly what: string;
  /** The state that ends the wait. */
  readonly wanted: "ACTIVE" | "DELETED";
  /** Looks. */
  describe(options: CallOptions): Promise<T>;
  /** The state of what was seen. */
  stateOf(seen: T): string;
}

// An account has 20 DescribeStreamSummary a second for all that it runs.
const POLL = { baseMs: 200, maxMs: 5000 };

/** Polls until the wanted state is there; resolves with what was seen last, or nothing when it was deleted. */
export async function waitFor<T>(
  awaited: Awaited<T>,
  { signal, timeoutMs = 300_000 }: WaitOptions,
  { clock, random }: Pick<ResolvedClientOptions, "clock" | "random">,
): Promise<T | undefined> {
  const { what, wanted } = awaited;
  const deadline = monotonicNow(clock) + timeoutMs;
  let state = "not known";
  for (let poll = 0;; poll++) {
    let cause: unknown;
    try {
      const seen = await describeOrNothing(awaited, signal);
      state = seen === undefined ? "DELETED" : awaited.stateOf(seen);
      if (state === wanted) return seen;
    } catch (error) {
      // A throttle says nothing about the state; the time limit of the wait is the one that counts.
      if (!(error instanceof KinesisError) || !error.retryable) throw error;
      cause = error;
    }
    const asked = cause ? askedToWaitMs(cause) : 0;
    const wait = Math.max(equalJitter(POLL, poll, random), asked);
    if (monotonicNow(clock) + wait > deadline) {
      throw new WaiterError(
        `Cannot wait any longer for ${what} to be ${wanted}: it is still ${state} after ${timeoutMs} ms`,
        { lastState: state, cause },
      );
    }
    await delay(wait, { clock, signal });
  }
}

async function describeOrNothing<T>(
  awaited: Awaited<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await awaited.describe({ signal });
  } catch (error) {
    const gone = error instanceof ServiceError &&
      error.code === "ResourceNotFoundException";
    if (gone && awaited.wanted === "DELETED") return undefined;
    throw error;
  }
}
