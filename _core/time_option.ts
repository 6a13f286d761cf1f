/**
 * Checks options that are times. A function of its own, so that bundles without such options do not
 * have it.
 *
 * @module
 */
import { LONGEST_TIMER_MS } from "./clock.ts";
import type { BasicCheck } from "./basic_check.ts";

/** The allowed times of an option. */
export interface TimeRule {
  /** The value if the option is not set, in milliseconds. */
  readonly default: number;
  /**
   * The shortest allowed time, in milliseconds.
   * @default {1}
   */
  readonly least?: number;
  /**
   * Whether `Infinity` is allowed.
   * @default {false}
   */
  readonly orNever?: boolean;
}

/**
 * A time in milliseconds, or its default. The longest time is that of a timer.
 *
 * @throws {RangeError} if the rule does not allow it
 */
export function timeOption(
  check: BasicCheck,
  name: string,
  value: number | undefined,
  { default: preset, least = 1, orNever }: TimeRule,
): number {
  return check.number(name, value, {
    default: preset,
    least,
    most: LONGEST_TIMER_MS,
    orInfinity: orNever,
  });
}
