import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { VirtualClock } from "../../testing/mod.ts";

Deno.test("VirtualClock runs timers in the order of their times, and of their setting", async () => {
  const clock = new VirtualClock();
  const rang: string[] = [];
  for (const [name, ms] of [["c", 30], ["a", 10], ["b", 10]] as const) {
    clock.setTimeout(() => rang.push(`${name} ${clock.monotonic()}`), ms);
  }
  clock.clearTimeout(clock.setTimeout(() => rang.push("cleared"), 5));
  assertEquals([clock.pendingTimers, clock.nextTimerMs], [3, 10]);
  await clock.advance(29);
  assertEquals(rang, ["a 10", "b 10"]);
  await clock.advance(1);
  assertEquals(rang, ["a 10", "b 10", "c 30"]);
  assertEquals([clock.pendingTimers, clock.nextTimerMs], [0, undefined]);
});

Deno.test("VirtualClock runs thousands of timers in order, also those that timers set", async () => {
  const clock = new VirtualClock();
  const rang: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const ms = (i * 7919) % 1000;
    clock.setTimeout(() => {
      rang.push(clock.monotonic());
      if (i % 3 === 0) {
        clock.setTimeout(() => rang.push(clock.monotonic()), 500);
      }
    }, ms);
  }
  await clock.advance(2000);
  assertEquals(rang, [...rang].sort((a, b) => a - b));
  assertEquals(rang.length, 2000 + 667);
});

Deno.test("VirtualClock keeps timers and monotonic time when the time of day jumps", async () => {
  const clock = new VirtualClock({ now: 1000 });
  let rang = 0;
  clock.setTimeout(() => rang++, 100);
  clock.jump(-500);
  assertEquals([clock.now(), clock.monotonic()], [500, 0]);
  clock.setWall(7000);
  assertEquals([clock.now(), clock.monotonic()], [7000, 0]);
  await clock.advance(99);
  assertEquals(rang, 0);
  await clock.advance(1);
  assertEquals([rang, clock.now(), clock.monotonic()], [1, 7100, 100]);
});

Deno.test("VirtualClock.advance lets promises settle between two timers", async () => {
  const clock = new VirtualClock();
  const at: number[] = [];
  const walk = async () => {
    for (let i = 0; i < 3; i++) {
      await delay(1000, { clock });
      at.push(clock.monotonic());
    }
  };
  const walking = walk();
  await clock.advance(3000);
  await walking;
  assertEquals(at, [1000, 2000, 3000]);
});

Deno.test("VirtualClock.advance rejects if the time is negative or timers never end", async () => {
  const clock = new VirtualClock();
  await assertRejects(() => clock.advance(-1), RangeError, "'ms' must be 0");
  await assertRejects(() => clock.advance(NaN), RangeError, "'ms' must be 0");
  const again = () => void clock.setTimeout(again, 0);
  again();
  await assertRejects(() => clock.advance(1), Error, "without any time");
});

Deno.test("VirtualClock.runUntil moves no further than the promise needs", async () => {
  const clock = new VirtualClock();
  const result = delay(5000, { clock }).then(() => "done");
  clock.setTimeout(() => {}, 60_000);
  assertEquals(await clock.runUntil(result), "done");
  assertEquals(clock.monotonic(), 5000);
  const never = new Promise(() => {});
  await assertRejects(() => clock.runUntil(never, 1000), Error, "is pending");
});

Deno.test("VirtualClock never goes back when two calls move it at the same time", async () => {
  const clock = new VirtualClock();
  await Promise.all([clock.advance(1000), clock.advance(10)]);
  assertEquals(clock.monotonic(), 1000);
});

Deno.test("VirtualClock reports an endless loop of timers in runUntil, and a wrong limit", async () => {
  const clock = new VirtualClock({ settle: () => Promise.resolve() });
  const again = () => void clock.setTimeout(again, 0);
  again();
  await assertRejects(
    () => clock.runUntil(new Promise(() => {})),
    Error,
    "timers ran without any time between them",
  );
  await assertRejects(
    () => clock.runUntil(Promise.resolve(), NaN),
    RangeError,
    "'maxMs' must be 0 or more: current value is NaN",
  );
});

Deno.test("VirtualClock ignores a handle that is none of its own", () => {
  const clock = new VirtualClock();
  clock.setTimeout(() => {}, 1);
  for (const handle of [{}, null, undefined, 5]) clock.clearTimeout(handle);
  assertEquals(clock.pendingTimers, 1);
});
