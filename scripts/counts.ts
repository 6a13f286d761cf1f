/**
 * Reads how many tests Deno ran.
 *
 * @module
 */

/** How many tests passed and failed. */
export interface Counts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed. */
  readonly failed: number;
}

/** The line with which `deno test` ends, for example `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
const COUNTING_LINE =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed.*$/gm;

/** The last counting line in the output of `deno test`, with its numbers; undefined when it never came so far. */
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

/** What a step adds to the sum: its tests, and one failure when it failed without a test that says so. */
export function contribution(ok: boolean, counts?: Counts): Counts {
  const { passed = 0, failed = 0 } = counts ?? {};
  return { passed, failed: ok ? failed : Math.max(failed, 1) };
}
