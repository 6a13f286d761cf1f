import { assertEquals } from "@std/assert";
import { Alarm } from "../../_core/alarm.ts";
import { Bell } from "../../_consumer/bell.ts";
import { FakeClock } from "../_services/fake_clock.ts";

Deno.test("Bell.wait ends with the time, the signal, or a ring before or in between", async () => {
  const clock = new FakeClock(0);
  const { signal } = new AbortController();
  const bell = new Bell();
  await clock.runUntil(bell.wait(100, { clock, signal }));
  assertEquals(clock.now(), 100);
  const waiting = bell.wait(100, { clock, signal });
  bell.ring();
  await waiting;
  await bell.wait(100, { clock, signal });
  bell.silence();
  const controller = new AbortController();
  const aborted = bell.wait(100, { clock, signal: controller.signal });
  controller.abort();
  await aborted;
  assertEquals([clock.now(), clock.pendingTimers], [100, 0]);
});

Deno.test("Alarm rings once when it was set for its time and not cleared", async () => {
  const clock = new FakeClock();
  let rings = 0;
  const alarm = new Alarm(clock, 100, () => rings++);
  alarm.set();
  await clock.advance(60);
  alarm.set();
  await clock.advance(40);
  assertEquals(rings, 1);
  alarm.set();
  await clock.advance(99);
  alarm.clear();
  await clock.advance(100);
  assertEquals(rings, 1);
  new Alarm(clock, Infinity, () => rings++).set();
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Alarm keeps one timer when it is set, or cleared, while it is being set", async () => {
  for (const meanwhile of ["set", "clear"] as const) {
    const clock = new FakeClock();
    let rings = 0;
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
      () => rings++,
    );
    alarm.set();
    assertEquals(clock.pendingTimers, meanwhile === "set" ? 1 : 0);
    await clock.advance(100);
    assertEquals(rings, meanwhile === "set" ? 1 : 0);
  }
});
