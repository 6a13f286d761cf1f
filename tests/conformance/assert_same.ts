import { AssertionError, equal } from "@std/assert";

/**
 * Asserts that two values have the same structure. The message has one line of a fixed form,
 * because the table of differences matches it; the diff of `assertEquals` changes between versions.
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
