import { assertEquals } from "@std/assert";
import { OffsetClock } from "../../../testing/_state/offset_clock.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

Deno.test("OffsetClock fires skipped timers in order, each at its due time", () => {
  const base = new FakeClock(1_000);
  const clock = new OffsetClock(base);
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.now()]);
  clock.setTimeout(note("late"), 300);
  clock.setTimeout(() => {
    note("early")();
    clock.setTimeout(note("nested"), 50);
  }, 100);
  clock.clearTimeout(clock.setTimeout(note("cleared"), 200));
  clock.setTimeout(note("beyond"), 900);
  clock.advance(500);
  assertEquals(fired, [["early", 1_100], ["nested", 1_150], ["late", 1_300]]);
  assertEquals(clock.now(), 1_500);
  assertEquals(base.pendingTimers, 1);
});

Deno.test("OffsetClock follows its base clock", async () => {
  const base = new FakeClock(1_000);
  const clock = new OffsetClock(base);
  let fired = 0;
  clock.advance(250);
  clock.setTimeout(() => fired++, 100);
  await base.advance(99);
  assertEquals([fired, clock.now()], [0, 1_349]);
  await base.advance(1);
  assertEquals([fired, base.pendingTimers], [1, 0]);
});

Deno.test("OffsetClock returns whole milliseconds for a fractional base clock, and never goes back", () => {
  let now = 1_000.75;
  const clock = new OffsetClock({
    now: () => now,
    setTimeout: () => undefined,
    clearTimeout: () => {},
  });
  const seen = [clock.now()];
  for (const ms of [0, 0.5, 0.25, 1.5, 10]) {
    now += 0.3;
    clock.advance(ms);
    seen.push(clock.now());
  }
  assertEquals(seen.every(Number.isInteger), true);
  assertEquals(seen, [...seen].sort((a, b) => a - b));
});
