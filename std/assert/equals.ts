import { refuse } from "./assertion_error.ts";
import { diffLines } from "./diff.ts";
import { equal } from "./equal.ts";
import { format } from "./format.ts";

/** Asserts that two values have the same structure; see {@linkcode equal}. The error shows the difference line by line. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  refuse("Values are not equal", withDiff(actual, expected, msg));
}

/** Asserts that two values differ in structure; see {@linkcode equal}. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  refuse(`Values are equal: ${format(actual)}`, msg);
}

/** The caller's message followed by the difference. */
export function withDiff(
  actual: unknown,
  expected: unknown,
  msg = "",
): string {
  // Two texts are compared as they read, other values as they are inspected.
  const [a, b] = typeof actual === "string" && typeof expected === "string"
    ? [actual, expected]
    : [format(actual), format(expected)];
  return `${msg}\n\n${diffLines(a, b)}\n`;
}
