import { assertEquals } from "@std/assert";
import { runByLoad } from "../../scripts/run_by_load.ts";

/** Runs tasks. `end` ends the oldest running task; `names` lists the running ones. */
function start(processors: number, ...loads: (number | undefined)[]) {
  const running: { name: number; end: () => void }[] = [];
  const done = runByLoad(
    loads.map((load, name) => ({ load, name })),
    processors,
    ({ name }) => new Promise((end) => running.push({ name, end })),
  );
  return {
    done,
    names: () => running.map(({ name }) => name),
    async end() {
      running.shift()!.end();
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
}

Deno.test("runByLoad runs as many tasks as there are processors, in order", async () => {
  const { done, names, end } = start(2, undefined, 1, 1);
  assertEquals(names(), [0, 1]);
  await end();
  assertEquals(names(), [1, 2]);
  await end();
  assertEquals(names(), [2]);
  await end();
  await done;
});

Deno.test("runByLoad runs tasks that mostly wait beside the others", async () => {
  const { done, names, end } = start(2, 0.25, 0.5, 0.5, 1, 1);
  assertEquals(names(), [0, 1, 2, 3]);
  await end();
  assertEquals(names(), [1, 2, 3]);
  await end();
  assertEquals(names(), [2, 3, 4]);
  for (let left = 3; left > 0; left--) await end();
  await done;
});

Deno.test("runByLoad ends at once without tasks", () => start(2).done);
