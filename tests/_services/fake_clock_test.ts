import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("FakeClock stands still until it is advanced", () => {
  const clock = new FakeClock(5);
  assertStrictEquals(clock.now(), 5);
  clock.setTimeout(() => assert(false, "ran"), 0);
  assertStrictEquals(clock.pendingTimers, 1);
  assertStrictEquals(clock.nextTimerMs, 0);
});

Deno.test("FakeClock.advance runs due timers in order of time and then of being set", async () => {
  const clock = new FakeClock(0);
  const seen: [string, number][] = [];
  const note = (name: string) => () => seen.push([name, clock.now()]);
  clock.setTimeout(note("late"), 30);
  clock.setTimeout(note("first"), 10);
  clock.setTimeout(note("second"), 10);
  clock.setTimeout(note("beyond"), 31);
  clock.setTimeout(note("negative"), -1);
  await clock.advance(30);
  assertEquals(seen, [
    ["negative", 0],
    ["first", 10],
    ["second", 10],
    ["late", 30],
  ]);
  assertStrictEquals(clock.now(), 30);
  assertStrictEquals(clock.pendingTimers, 1);
  assertStrictEquals(clock.nextTimerMs, 1);
});

Deno.test("FakeClock.advance runs timers that are set on the way", async () => {
  const clock = new FakeClock(0);
  const ticks: number[] = [];
  const tick = () => {
    ticks.push(clock.now());
    clock.setTimeout(tick, 10);
  };
  clock.setTimeout(tick, 10);
  await clock.advance(35);
  assertEquals(ticks, [10, 20, 30]);
  assertStrictEquals(clock.now(), 35);
});

Deno.test("FakeClock.advance lets promises settle between two timers", async () => {
  const clock = new FakeClock(0);
  const seen: number[] = [];
  const work = (async () => {
    for (let i = 0; i < 3; i++) {
      await delay(10, { clock });
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      seen.push(clock.now());
    }
  })();
  await clock.advance(30);
  assertEquals(seen, [10, 20, 30]);
  await work;
});

Deno.test("FakeClock.clearTimeout forgets a timer", async () => {
  const clock = new FakeClock();
  const handle = clock.setTimeout(() => assert(false, "ran"), 1);
  clock.clearTimeout(handle);
  clock.clearTimeout(undefined);
  assertStrictEquals(clock.pendingTimers, 0);
  await clock.advance(10);
});

Deno.test("FakeClock.advance throws when timers without a delay never end", async () => {
  const clock = new FakeClock();
  const again = () => void clock.setTimeout(again, 0);
  again();
  await assertRejects(() => clock.advance(1), Error, "without any delay");
});

Deno.test("FakeClock.advance throws when asked to go back", async () => {
  await assertRejects(
    () => new FakeClock().advance(-1),
    RangeError,
    "current value is -1",
  );
});

Deno.test("FakeClock.runUntil advances as far as the promise needs", async () => {
  const clock = new FakeClock(0);
  const value = await clock.runUntil(
    delay(60_000, { clock }).then(() => clock.now()),
  );
  assertStrictEquals(value, 60_000);
});

Deno.test("FakeClock.runUntil throws what the promise throws", async () => {
  const clock = new FakeClock();
  const failing = delay(1, { clock }).then(() => {
    throw new TypeError("boom");
  });
  await assertRejects(() => clock.runUntil(failing), TypeError, "boom");
});

Deno.test("FakeClock.runUntil throws when no timer can settle the promise", async () => {
  const clock = new FakeClock();
  clock.setTimeout(() => {}, 100);
  await assertRejects(
    () => clock.runUntil(new Promise(() => {}), 50),
    Error,
    "1 timers are pending",
  );
});
