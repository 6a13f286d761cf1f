import { assertEquals } from "@std/assert";
import { Alarm } from "../../_core/alarm.ts";
import { FakeClock } from "../_services/fake_clock.ts";

Deno.test("Alarm calls its function once when it was set for its time and not cleared", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const alarm = new Alarm(clock, 100, () => calls++);
  alarm.set();
  await clock.advance(60);
  alarm.set();
  await clock.advance(40);
  assertEquals(calls, 1);
  alarm.set();
  await clock.advance(99);
  alarm.clear();
  await clock.advance(100);
  assertEquals(calls, 1);
  new Alarm(clock, Infinity, () => calls++).set();
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Alarm keeps one timer when it is set, or cleared, while it is being set", async () => {
  for (const meanwhile of ["set", "clear"] as const) {
    const clock = new FakeClock();
    let calls = 0;
    const alarm: Alarm = new Alarm(
      {
        now: () => clock.now(),
        setTimeout(callback, ms) {
          alarm[meanwhile]();
          return clock.setTimeout(callback, ms);
        },
        clearTimeout: (handle) => clock.clearTimeout(handle),
      },
      100,
      () => calls++,
    );
    alarm.set();
    assertEquals(clock.pendingTimers, meanwhile === "set" ? 1 : 0);
    await clock.advance(100);
    assertEquals(calls, meanwhile === "set" ? 1 : 0);
  }
});
