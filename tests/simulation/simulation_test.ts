// The first import: it changes globals that others use.
import "./host.ts";
import { assertEquals, assertNotEquals } from "@std/assert";
import { completed, drawPlan, type Plan } from "./plan.ts";
import regressions from "./regressions.json" with { type: "json" };
import { report } from "./report.ts";
import { run } from "./run.ts";
import { problemsOf } from "./shrink.ts";

/** The seeds of a test run. `SIMULATION_SEEDS=1000` runs more. */
const SEEDS = Number(Deno.env.get("SIMULATION_SEEDS") ?? 200);
const PARTS = 4;

for (let part = 0; part < PARTS; part++) {
  const first = Math.floor(part * SEEDS / PARTS) + 1;
  const last = Math.floor((part + 1) * SEEDS / PARTS);
  Deno.test(`The simulation keeps every rule with the seeds ${first} to ${last}`, async () => {
    for (let seed = first; seed <= last; seed++) {
      const plan = drawPlan(seed);
      const problems = await problemsOf(plan);
      if (problems.length === 0) continue;
      console.log(await report(plan));
      throw new Error(
        `Seed ${seed} breaks a rule: ${
          problems[0]!.what
        }. Run: deno task simulate --seed ${seed}`,
      );
    }
  });
}

Deno.test("A simulation is the same for the same seed, and another for another", async () => {
  const hashes: string[] = [];
  for (const seed of [1, 4, 19, 24, 1, 4, 19, 24]) {
    const { journal } = await run(drawPlan(seed));
    hashes.push(journal.hash);
  }
  assertEquals(hashes.slice(4), hashes.slice(0, 4));
  assertNotEquals(hashes[0], hashes[1]);
});

for (const { bug, seed, plan } of regressions) {
  Deno.test(`The simulation keeps every rule with a plan that found a bug: ${bug} (seed ${seed})`, async () => {
    assertEquals(await problemsOf(completed(plan as unknown as Plan)), []);
  });
}
