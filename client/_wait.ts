/**
 * Waiting for a state that the service reaches in its own time.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay } from "../_core/clock.ts";
import { KinesisError, ServiceError, WaiterError } from "../errors.ts";
import type { CallOptions, ResolvedClientOptions } from "./options.ts";
import type {
  DescribeStreamSummaryResponse,
  StreamDescriptionSummary,
  StreamTarget,
} from "./types.ts";

/** Options of a waiter. */
export interface WaitOptions {
  /** Ends the wait; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Longest wait, in milliseconds. @default {300_000} */
  timeoutMs?: number;
}

// An account has 20 DescribeStreamSummary a second for all that it runs.
const POLL = { baseMs: 200, maxMs: 5000 };

/** Polls until the stream is in the wanted state; resolves with what was seen last. */
export async function waitForStream(
  wanted: "ACTIVE" | "DELETED",
  describe: (options: CallOptions) => Promise<DescribeStreamSummaryResponse>,
  stream: StreamTarget,
  { signal, timeoutMs = 300_000 }: WaitOptions,
  { clock, random }: Pick<ResolvedClientOptions, "clock" | "random">,
): Promise<StreamDescriptionSummary | undefined> {
  const deadline = clock.now() + timeoutMs;
  let state: string = "not known";
  for (let poll = 0;; poll++) {
    let cause: unknown;
    try {
      const summary = await describeOrNothing(describe, wanted, signal);
      state = summary?.StreamStatus ?? "DELETED";
      if (state === wanted) return summary;
    } catch (error) {
      // A throttle says nothing about the stream; the time limit of the wait is the one that counts.
      if (!(error instanceof KinesisError) || !error.retryable) throw error;
      cause = error;
    }
    const wait = equalJitter(POLL, poll, random);
    if (clock.now() + wait > deadline) {
      const name = stream.StreamName ?? stream.StreamARN;
      throw new WaiterError(
        `Cannot wait any longer for stream "${name}" to be ${wanted}: it is still ${state} after ${timeoutMs} ms`,
        { lastState: state, cause },
      );
    }
    await delay(wait, { clock, signal });
  }
}

async function describeOrNothing(
  describe: (options: CallOptions) => Promise<DescribeStreamSummaryResponse>,
  wanted: "ACTIVE" | "DELETED",
  signal: AbortSignal | undefined,
): Promise<StreamDescriptionSummary | undefined> {
  try {
    return (await describe({ signal })).StreamDescriptionSummary;
  } catch (error) {
    const gone = error instanceof ServiceError &&
      error.code === "ResourceNotFoundException";
    if (gone && wanted === "DELETED") return undefined;
    throw error;
  }
}
