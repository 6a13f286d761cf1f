import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Budget } from "../../_core/budget.ts";

const never = new AbortController().signal;

Deno.test("Budget grants what fits and lets others wait in their order", async () => {
  const budget = new Budget(10);
  await budget.reserve(6, never);
  const granted: string[] = [];
  const large = budget.reserve(8, never).then(() => granted.push("large"));
  const small = budget.reserve(2, never).then(() => granted.push("small"));
  await Promise.resolve();
  assertEquals(granted, []);
  budget.adjust(-6);
  await Promise.all([large, small]);
  assertEquals(granted, ["large", "small"]);
  assertEquals(budget.used, 10);
});

Deno.test("Budget grants more than its capacity when nothing else is in use", async () => {
  const budget = new Budget(10);
  await budget.reserve(50, never);
  const next = budget.reserve(1, never);
  budget.adjust(-50);
  await next;
  assertEquals(budget.used, 1);
});

Deno.test("Budget forgets who stops waiting, and serves those behind", async () => {
  const budget = new Budget(10);
  await budget.reserve(5, never);
  const controller = new AbortController();
  const large = budget.reserve(8, controller.signal);
  const small = budget.reserve(5, never);
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => large), reason);
  await small;
  assertEquals(budget.used, 10);
  await assertRejects(
    () => budget.reserve(1, controller.signal),
    Error,
    "enough",
  );
});

Deno.test("Budget never grants above its capacity but to one alone, and leaves nobody waiting for ever", async () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(
      amounts,
      fc.infiniteStream(fc.nat()),
      async (amounts, picks) => {
        const budget = new Budget(20);
        const held: number[] = [];
        let done = 0;
        const all = amounts.map(async (amount) => {
          await budget.reserve(amount, never);
          held.push(amount);
          done++;
        });
        while (done < amounts.length || held.length > 0) {
          await new Promise((resolve) => setImmediate(resolve));
          assertEquals(budget.used, held.reduce((sum, it) => sum + it, 0));
          assert(budget.used <= 20 || held.length === 1);
          assert(held.length > 0);
          const [amount] = held.splice(picks.next().value! % held.length, 1);
          budget.adjust(-amount!);
        }
        await Promise.all(all);
      },
    ),
    { numRuns: 50 },
  );
});
