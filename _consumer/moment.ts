/**
 * Times in the past, for the status.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import type { Moment } from "../health.ts";

/** Describes a reading of the monotonic clock; `undefined` if there is none. */
export function momentOf(at: number, clock: Clock): Moment;
export function momentOf(
  at: number | undefined,
  clock: Clock,
): Moment | undefined;
export function momentOf(
  at: number | undefined,
  clock: Clock,
): Moment | undefined {
  if (at === undefined) return undefined;
  const ageMs = monotonicNow(clock) - at;
  return { at: new Date(clock.now() - ageMs), ageMs };
}
