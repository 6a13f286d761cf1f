/**
 * A process that reads in every way is killed with SIGKILL and started again.
 *
 *     deno task crash                          # 50 kills, and figures
 *     deno task crash --kills=200 --seed=7     # more, at other moments
 *     deno task crash --way="for await"        # one way alone
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runCrashes } from "./run.ts";
import { verifyCrashes } from "./verify.ts";
import { WAYS } from "./ways.ts";

const { kills, seed, way, verbose } = parseArgs({
  args: Deno.args,
  options: {
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    way: { type: "string", multiple: true, default: Object.keys(WAYS) },
    verbose: { type: "boolean", default: false },
  },
}).values;
for (const name of way) {
  if (!WAYS[name]) {
    const names = Object.keys(WAYS).map((known) => `"${known}"`).join(", ");
    throw new RangeError(`There is no way "${name}": the ways are ${names}`);
  }
}

Deno.test(`Consumer processes every value, and repeats none before its checkpoint, when it is killed ${kills} times, seed ${seed}`, async () => {
  const plan = { seed: Number(seed), kills: Number(kills), ways: way };
  const outcome = await runCrashes(plan);
  const figures = verifyCrashes(outcome, plan.ways);
  if (!verbose) return;
  console.log(`killed after ${outcome.killedAfterMs.join(", ")} ms`);
  console.log(`${outcome.reshards} reshards`);
  console.table(figures);
});
