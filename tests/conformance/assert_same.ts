import { AssertionError, equal } from "@std/assert";

/**
 * Asserts that two values have the same structure. The table of differences matches the message, so it is one line of our
 * own: how a diff of `assertEquals` looks changes between versions of the standard library.
 */
export function assertSame<T>(actual: T, expected: T, what = "answer"): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `${what} is ${text(actual)}, must be ${text(expected)}`,
  );
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
