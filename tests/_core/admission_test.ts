import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Admission } from "../../_core/admission.ts";
import { delay } from "../../_core/clock.ts";
import { FakeClock } from "../_services/fake_clock.ts";

function setUp(atOnce: number, patienceMs = 1000) {
  const clock = new FakeClock();
  const admission = new Admission({ atOnce, patienceMs, clock });
  const begun: number[] = [];
  let underWay = 0;
  let peak = 0;
  const run = (name: number, ms: number) =>
    admission.run(async () => {
      begun.push(name);
      peak = Math.max(peak, ++underWay);
      await delay(ms, { clock });
      underWay--;
      return name;
    });
  return { clock, admission, run, begun, peak: () => peak };
}

Deno.test("Admission runs as much work at once as it may, in the order in which it was asked for", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      async (times, atOnce) => {
        const { clock, run, begun, peak } = setUp(atOnce);
        const names = await clock.runUntil(
          Promise.all(times.map((ms, i) => run(i, ms))),
        );
        const inOrder = times.map((_, i) => i);
        assertEquals(names, inOrder);
        assertEquals(begun, inOrder);
        assertEquals(peak(), Math.min(atOnce, times.length));
        assertEquals(clock.pendingTimers, 0);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("Admission gives the places of work that hangs to other work after its patience", async () => {
  const { clock, run, begun } = setUp(2, 1000);
  const hanging = [run(0, 100_000), run(1, 100_000)];
  const others = Promise.all([run(2, 10), run(3, 10), run(4, 10)]);
  await clock.advance(999);
  assertEquals(begun, [0, 1]);
  await clock.advance(1);
  assertEquals(begun, [0, 1, 2, 3]);
  assertEquals(await clock.runUntil(others), [2, 3, 4]);
  assertEquals(clock.pendingTimers, 2);
  await clock.runUntil(Promise.all(hanging));
});

Deno.test("Admission gives the place of work that fails to other work", async () => {
  const { clock, admission, run } = setUp(1);
  const failing = admission.run(() => Promise.reject(new Error("broken")));
  const next = run(1, 10);
  await assertRejects(() => failing, Error, "broken");
  assertEquals(await clock.runUntil(next), 1);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Admission counts work that has lost its place only once when it ends", async () => {
  const { clock, run, peak } = setUp(1, 100);
  const slow = run(0, 150);
  const rest = Promise.all([run(1, 90), run(2, 90), run(3, 90)]);
  await clock.runUntil(Promise.all([slow, rest]));
  assertEquals(peak(), 2);
});
