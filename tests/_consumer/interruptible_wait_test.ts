import { assertEquals } from "@std/assert";
import { InterruptibleWait } from "../../_consumer/interruptible_wait.ts";
import { FakeClock } from "../_services/fake_clock.ts";

Deno.test("InterruptibleWait.wait ends with the time, the signal, or an interrupt before or in between", async () => {
  const clock = new FakeClock(0);
  const { signal } = new AbortController();
  const wait = new InterruptibleWait();
  await clock.runUntil(wait.wait(100, { clock, signal }));
  assertEquals(clock.now(), 100);
  const waiting = wait.wait(100, { clock, signal });
  wait.interrupt();
  await waiting;
  await wait.wait(100, { clock, signal });
  wait.reset();
  const controller = new AbortController();
  const aborted = wait.wait(100, { clock, signal: controller.signal });
  controller.abort();
  await aborted;
  assertEquals([clock.now(), clock.pendingTimers], [100, 0]);
});
