import { assert, assertEquals } from "@std/assert";
import { type Clock, monotonicNow, systemClock } from "../../_core/clock.ts";

/** A clock whose readings a test sets. */
function readings(
  first: number,
): { clock: Clock; wall: number; real?: number } {
  const state = { wall: first, clock: { ...systemClock } as Clock };
  state.clock = {
    now: () => state.wall,
    setTimeout: systemClock.setTimeout,
    clearTimeout: systemClock.clearTimeout,
  };
  return state;
}

Deno.test("monotonicNow reads the monotonic clock where there is one, whatever the wall clock does", () => {
  let wall = 1_000_000;
  let real = 5;
  const clock: Clock = {
    ...systemClock,
    now: () => wall,
    monotonic: () => real,
  };
  assertEquals(monotonicNow(clock), 5);
  wall -= 3_600_000;
  real += 250;
  assertEquals(monotonicNow(clock), 255);
});

Deno.test("monotonicNow follows the wall clock where there is no other", () => {
  const state = readings(1_000_000);
  const start = monotonicNow(state.clock);
  state.wall += 1500;
  assertEquals(monotonicNow(state.clock) - start, 1500);
  state.wall += 86_400_000;
  assertEquals(monotonicNow(state.clock) - start, 86_401_500);
});

Deno.test("monotonicNow goes on across a step back of the wall clock", () => {
  const state = readings(1_000_000);
  const start = monotonicNow(state.clock);
  state.wall += 1000;
  monotonicNow(state.clock);
  state.wall -= 3_600_000;
  const after = monotonicNow(state.clock) - start;
  // Only the time of the runtime has passed, which is almost nothing.
  assert(after >= 1000 && after < 2000, `${after}`);
  state.wall += 500;
  const later = monotonicNow(state.clock) - start - after;
  assertEquals(Math.round(later), 500);
});

Deno.test("monotonicNow keeps the clocks of several programs apart", () => {
  const [a, b] = [readings(1000), readings(2000)];
  const starts = [monotonicNow(a.clock), monotonicNow(b.clock)];
  a.wall -= 500;
  monotonicNow(a.clock);
  b.wall += 70;
  assertEquals(monotonicNow(b.clock) - starts[1]!, 70);
});

Deno.test("systemClock has a monotonic reading", () => {
  const first = monotonicNow(systemClock);
  assert(monotonicNow(systemClock) >= first);
  assert(Math.abs(first - performance.now()) < 10_000);
});
