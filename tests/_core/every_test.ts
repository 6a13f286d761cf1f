import { assertEquals } from "@std/assert";
import { every } from "../../_core/every.ts";
import { FakeClock } from "../_services/fake_clock.ts";

Deno.test("every does the work after each interval, until the signal aborts", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let times = 0;
  const ended = every(100, () => times++, { clock, signal: stop.signal });
  await clock.advance(99);
  assertEquals(times, 0);
  await clock.advance(201);
  assertEquals(times, 3);
  stop.abort();
  await ended;
  assertEquals(clock.nextTimerMs, undefined);
});

Deno.test("every does nothing when the interval is Infinity, or the signal has aborted", async () => {
  const clock = new FakeClock();
  const fail = () => {
    throw new Error("not expected");
  };
  await every(Infinity, fail, { clock, signal: new AbortController().signal });
  await every(1, fail, { clock, signal: AbortSignal.abort() });
});
