import { assertEquals } from "@std/assert";
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
