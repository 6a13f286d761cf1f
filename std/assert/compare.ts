import { AssertionError, refuse } from "./assertion_error.ts";
import { format } from "./format.ts";

/** Asserts that a value is greater than another. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw wrongOrder(actual, ">", expected, msg);
}

/** Asserts that a value is greater than another, or equal. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual >= expected)) throw wrongOrder(actual, ">=", expected, msg);
}

/** Asserts that a value is less than another. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw wrongOrder(actual, "<", expected, msg);
}

/** Asserts that a value is less than another, or equal. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) throw wrongOrder(actual, "<=", expected, msg);
}

/**
 * Asserts that two numbers are no further apart than `tolerance`; without one, than a ten-millionth of the expected number.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected) * 1e-7 : 1e-7);
  const distance = Math.abs(expected - actual);
  if (distance <= allowed) return;
  refuse(
    `${actual} is not close to ${expected}: they are ${distance} apart, which is more than ${allowed}`,
    msg,
  );
}

function wrongOrder(
  actual: unknown,
  operator: string,
  expected: unknown,
  msg?: string,
): AssertionError {
  return new AssertionError(
    msg ??
      `This does not hold: ${format(actual)} ${operator} ${format(expected)}`,
  );
}
