/**
 * The whole check, or the tests in some files:
 *
 *     deno task ok
 *     deno task test tests/producer/end_test.ts --filter "Producer closes"
 *
 * All steps run, also after a step has failed. As many run at a time as the processors can take.
 * The last line is `N passed, N failed`: the number of tests, plus one failure for each step that
 * failed without a failed test.
 *
 * @module
 */
import { contribution, countsIn, ignoredIn } from "./counts.ts";
import { runByLoad } from "./run_by_load.ts";
import { allSteps, type Step, testStep } from "./steps.ts";

/** Longest duration of a step, in milliseconds. A step that takes longer has failed. */
const STEP_TIMEOUT_MS = 30 * 60_000;

interface Result {
  readonly ok: boolean;
  readonly output: string;
}

async function run(step: Step, root: URL): Promise<Result> {
  if (step.problem) return { ok: false, output: step.problem };
  const timeout = AbortSignal.timeout(STEP_TIMEOUT_MS);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...step.args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: timeout,
  }).output();
  const decoder = new TextDecoder();
  const output = [stdout, stderr].map((bytes) => decoder.decode(bytes).trim());
  if (timeout.aborted) output.push(`stopped after ${STEP_TIMEOUT_MS} ms`);
  return { ok: success, output: output.filter(Boolean).join("\n\n") };
}

/** Runs all steps. */
async function runAll(
  steps: readonly Step[],
  onResult: (step: Step, result: Result, seconds: string) => void,
): Promise<void> {
  const root = new URL("../", import.meta.url);
  // More than the processors can take would disturb the tests that measure time.
  await runByLoad(steps, navigator.hardwareConcurrency, async (step) => {
    const start = performance.now();
    const result = await run(step, root);
    onResult(step, result, ((performance.now() - start) / 1000).toFixed(1));
  });
}

if (import.meta.main) {
  const steps = Deno.args.length > 0
    ? [testStep(Deno.args)]
    : await allSteps(new URL("../", import.meta.url));
  const tests = { passed: 0, failed: 0 };
  const all = { passed: 0, failed: 0 };
  await runAll(steps, (step, { ok, output }, seconds) => {
    console.log(`${ok ? "ok    " : "FAILED"} ${step.name} (${seconds} s)`);
    if (!ok) console.log(`\n${output}\n`);
    const counts = step.countsTests ? countsIn(output) : undefined;
    if (counts) console.log(`       ${counts.line}`);
    for (const name of ignoredIn(output)) {
      console.log(`       ignored: ${name}`);
    }
    tests.passed += counts?.passed ?? 0;
    tests.failed += counts?.failed ?? 0;
    const share = contribution(ok, counts);
    all.passed += share.passed;
    all.failed += share.failed;
  });
  const word = all.failed > 0 ? "FAILED" : "ok";
  console.log(`\n${word} | ${tests.passed} passed | ${tests.failed} failed`);
  console.log(`${all.passed} passed, ${all.failed} failed`);
  Deno.exit(all.failed > 0 ? 1 : 0);
}
