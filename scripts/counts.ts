/**
 * Reads the number of tests from the output of `deno test`.
 *
 * @module
 */

/** Numbers of tests. */
export interface Counts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed. */
  readonly failed: number;
}

/**
 * The last line of `deno test`, for example `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`.
 */
const COUNTING_LINE =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed.*$/gm;

/**
 * The last line with counts in the output of `deno test`. `undefined` if `deno test` stopped
 * earlier.
 */
export function countsIn(
  output: string,
): (Counts & { readonly line: string }) | undefined {
  const match = [...output.matchAll(COUNTING_LINE)].at(-1);
  return match && {
    line: match[0],
    passed: Number(match[1]),
    failed: Number(match[2]),
  };
}

/** The names of the tests that `deno test` ignored, each once. */
export function ignoredIn(output: string): string[] {
  const lines = output.matchAll(/^(.+) \.\.\. ignored \(.*\)$/gm);
  return [...new Set(Array.from(lines, ([, name]) => name!))];
}

/**
 * The counts that a step adds to the sum. A step that fails without a failed test counts as one
 * failure.
 */
export function contribution(ok: boolean, counts?: Counts): Counts {
  const { passed = 0, failed = 0 } = counts ?? {};
  return { passed, failed: ok ? failed : Math.max(failed, 1) };
}
