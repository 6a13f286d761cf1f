/**
 * The whole check, or the tests in some files:
 *
 *     deno task test
 *     deno task test tests/producer_test.ts --filter "Producer closes"
 *
 * All steps run, whatever fails. The last line is `N passed, N failed`: tests, and one failure for each step that failed
 * without counting any.
 *
 * @module
 */
import { contribution, countsIn } from "./counts.ts";
import { allSteps, type Step, testStep } from "./steps.ts";

/** A step that takes longer hangs. */
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

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const steps = Deno.args.length > 0
    ? [testStep(Deno.args)]
    : await allSteps(root);
  let passed = 0;
  let failed = 0;
  let countingLine = "";
  for (const step of steps) {
    const start = performance.now();
    const { ok, output } = await run(step, root);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${ok ? "ok    " : "FAILED"} ${step.name} (${seconds} s)`);
    if (!ok) console.log(`\n${output}\n`);
    const counts = step.countsTests ? countsIn(output) : undefined;
    if (counts) console.log(`       ${counts.line}`);
    if (counts && step.name === "tests") countingLine = counts.line;
    const share = contribution(ok, counts);
    passed += share.passed;
    failed += share.failed;
  }
  console.log(`\n${countingLine}`);
  console.log(`${passed} passed, ${failed} failed`);
  Deno.exit(failed > 0 ? 1 : 0);
}
