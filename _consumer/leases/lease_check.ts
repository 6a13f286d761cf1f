/**
 * Makes sure that a lease is still held before its shard is subscribed to.
 *
 * @module
 */
import { type Clock, delay, monotonicNow } from "../../_core/clock.ts";
import { untilAborted } from "../../_core/race_abort.ts";
import { LeaseLostError } from "../../errors.ts";
import type { HeldLease } from "./held_lease.ts";

/** The pause after a write whose answer did not arrive, in milliseconds. */
const PAUSE_MS = 1000;

/** Options of {@linkcode confirmLease}. */
export interface LeaseCheckOptions {
  /** The clock. */
  readonly clock: Clock;
  /** A confirmation of the lease that is older than this does not count, in milliseconds. */
  readonly maxAgeMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Resolves when the lease is known to be held: it was written a moment ago, or is written now. If
 * it is lost, the wait ends when the session of the shard is closed.
 *
 * A subscription ends the earlier one of the same consumer to the same shard. A worker that has
 * lost the lease without noticing, for example because the machine slept, would end that of the
 * worker that has the lease now.
 */
export async function confirmLease(
  lease: Pick<HeldLease, "confirmedAt" | "renew">,
  { clock, maxAgeMs, signal }: LeaseCheckOptions,
): Promise<void> {
  while (monotonicNow(clock) - lease.confirmedAt > maxAgeMs) {
    try {
      return await lease.renew();
    } catch (error) {
      if (error instanceof LeaseLostError) return await untilAborted(signal);
      // The upkeep of leases reports the failure, and gives the lease up if it does not end.
      await delay(PAUSE_MS, { clock, signal });
    }
  }
}
