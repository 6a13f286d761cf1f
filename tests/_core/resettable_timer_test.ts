import { assertEquals } from "@std/assert";
import { ResettableTimer } from "../../_core/resettable_timer.ts";
import { FakeClock } from "../_services/fake_clock.ts";

Deno.test("ResettableTimer calls its function once when it was set for its time and not cleared", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const timer = new ResettableTimer(clock, 100, () => calls++);
  timer.set();
  await clock.advance(60);
  timer.set();
  await clock.advance(40);
  assertEquals(calls, 1);
  timer.set();
  await clock.advance(99);
  timer.clear();
  await clock.advance(100);
  assertEquals(calls, 1);
  new ResettableTimer(clock, Infinity, () => calls++).set();
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("ResettableTimer keeps one timer when it is set, or cleared, while it is being set", async () => {
  for (const meanwhile of ["set", "clear"] as const) {
    const clock = new FakeClock();
    let calls = 0;
    const timer: ResettableTimer = new ResettableTimer(
      {
        now: () => clock.now(),
        setTimeout(callback, ms) {
          timer[meanwhile]();
          return clock.setTimeout(callback, ms);
        },
        clearTimeout: (handle) => clock.clearTimeout(handle),
      },
      100,
      () => calls++,
    );
    timer.set();
    assertEquals(clock.pendingTimers, meanwhile === "set" ? 1 : 0);
    await clock.advance(100);
    assertEquals(calls, meanwhile === "set" ? 1 : 0);
  }
});
