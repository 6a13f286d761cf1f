// Tests the suite itself: each defective checkpointer must fail the check that it names.
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/memory.ts";
import { Base } from "./checkpointer/base.ts";
import { DEFECTS } from "./checkpointer/defects.ts";
import {
  checkpointerChecks,
  type CheckpointerStore,
} from "./checkpointer_suite.ts";

function storeOf(make: () => MemoryCheckpointer): CheckpointerStore {
  const byName = new Map<string, MemoryCheckpointer>();
  return {
    open(name) {
      const checkpointer = byName.get(name) ?? make();
      byName.set(name, checkpointer);
      return checkpointer;
    },
  };
}

/** The names of the checks that a checkpointer fails. */
async function failures(
  makeStore: () => CheckpointerStore,
): Promise<string[]> {
  const names: string[] = [];
  for (const check of checkpointerChecks()) {
    try {
      await check.run(makeStore());
    } catch {
      names.push(check.name);
    }
  }
  return names;
}

Deno.test("checkpointerChecks find nothing when a checkpointer keeps the contract", async () => {
  assertEquals(await failures(() => storeOf(() => new Base())), []);
});

for (const { name, caughtBy, make } of DEFECTS) {
  Deno.test(`checkpointerChecks notice a checkpointer that ${name}`, async () => {
    const found = await failures(() => storeOf(make));
    assert(found.includes(caughtBy), `found only: ${found.join("; ")}`);
  });
}

Deno.test("checkpointerChecks notice a checkpointer that mixes up names", async () => {
  const found = await failures(() => {
    const one = new MemoryCheckpointer();
    return { open: () => one };
  });
  assert(found.includes("keeps names apart"));
});

Deno.test("checkpointerChecks notice a checkpointer that shows only what it wrote itself", async () => {
  const found = await failures(() => ({
    open: () => new MemoryCheckpointer(),
  }));
  assert(found.includes("shows what one of the same name wrote"));
});

Deno.test("checkpointerChecks are all named differently", () => {
  const names = checkpointerChecks().map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("checkpointerChecks compare histories that are long enough to matter", async () => {
  let calls = 0;
  class Counting extends MemoryCheckpointer {
    override checkpoint(...args: Parameters<MemoryCheckpointer["checkpoint"]>) {
      calls++;
      return super.checkpoint(...args);
    }
  }
  const model = checkpointerChecks({ modelRuns: 50 }).at(-1)!;
  await model.run(storeOf(() => new Counting()));
  assert(calls > 50, `checkpoint was called ${calls} times only`);
});
