/**
 * Times in the past, for the status.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import type { Moment } from "../../health.ts";

/** Describes a reading of the monotonic clock. */
export function momentOf(at: number, clock: Clock): Moment {
  const ageMs = Math.round(monotonicNow(clock) - at);
  return { at: new Date(clock.now() - ageMs), ageMs };
}

/** The same for a reading that may be missing. */
export function momentIf(
  at: number | undefined,
  clock: Clock,
): Moment | undefined {
  return at === undefined ? undefined : momentOf(at, clock);
}
