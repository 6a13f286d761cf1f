// The first import: it changes globals that others use.
import "./host.ts";
import { assert, assertEquals } from "@std/assert";
import { drawPlan, type Plan } from "./plan.ts";
import { problemsOf } from "./shrink.ts";

/** Plans whose values are written to the stream, and soon given up. Plans of `drawPlan` rarely are. */
function* plans(count: number): Generator<Plan> {
  for (let seed = 1; count > 0; seed++) {
    const plan = drawPlan(seed);
    if (plan.profile !== "producer" && plan.profile !== "storm") continue;
    count--;
    const producer = {
      ...plan.producer,
      deadLetter: true,
      way: "write" as const,
      maxAttempts: 2,
    };
    yield { ...plan, producer };
  }
}

Deno.test("Simulation: each value that is given up becomes a dead letter, and no other is lost", async () => {
  let buried = 0;
  for (const plan of plans(30)) {
    const problems = await problemsOf(plan, ({ journal }) => {
      buried += journal.entries.filter(({ type }) => type === "buried").length;
    });
    assertEquals(problems, [], `seed ${plan.seed}`);
  }
  assert(buried > 20, `${buried}`);
});
