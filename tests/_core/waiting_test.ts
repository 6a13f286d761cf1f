import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { delay } from "@std/async/delay";
import fc from "fast-check";
import { equalJitter, fullJitter } from "../../_core/backoff.ts";
import { startDeadline } from "../../_core/deadline.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import { deferred } from "../../_core/deferred.ts";
import { notify } from "../../_core/notify.ts";
import { RetryQuota } from "../../_service/retry_quota.ts";
import { FakeClock } from "../_services/fake_clock.ts";

const attempt = fc.integer({ min: 0, max: 10_000 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const backoff = fc.record({
  baseMs: fc.integer({ min: 1, max: 10_000 }),
  maxMs: fc.integer({ min: 1, max: 1_000_000 }),
});

Deno.test("fullJitter and equalJitter stay within the bound of every attempt", () => {
  fc.assert(fc.property(backoff, attempt, chance, (options, n, random) => {
    const bound = Math.min(options.maxMs, options.baseMs * 2 ** n);
    const full = fullJitter(options, n, () => random);
    const equal = equalJitter(options, n, () => random);
    assertGreaterOrEqual(full, 0);
    assertLessOrEqual(full, bound);
    assertGreaterOrEqual(equal, bound / 2);
    assertLessOrEqual(equal, bound);
  }));
});

Deno.test("startDeadline aborts with its own error when the time is up", async () => {
  const clock = new FakeClock();
  const error = new Error("late");
  const { signal } = startDeadline(100, () => error, { clock });
  await clock.advance(99);
  assertFalse(signal.aborted);
  await clock.advance(1);
  assertStrictEquals(signal.reason, error);
});

Deno.test("startDeadline follows the caller's signal until it is cleared", async () => {
  const clock = new FakeClock();
  for (const clear of [false, true]) {
    const controller = new AbortController();
    const deadline = startDeadline(100, () => new Error("late"), {
      clock,
      signal: controller.signal,
    });
    if (clear) deadline.clear();
    controller.abort("enough");
    assertEquals(deadline.signal.aborted, !clear);
    deadline.clear();
    assertEquals(clock.pendingTimers, 0);
  }
  const { signal } = startDeadline(100, () => new Error("late"), {
    clock,
    signal: AbortSignal.abort("early"),
  });
  assertEquals(signal.reason, "early");
  assertEquals(clock.pendingTimers, 0);
  await clock.advance(100);
});

Deno.test("raceAbort gives the outcome, or the reason as soon as the signal aborts", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assertEquals(await raceAbort(Promise.resolve(1), signal), 1);
  await assertRejects(
    () => raceAbort(Promise.reject(new Error("no")), signal),
    Error,
    "no",
  );
  const late = deferred<number>();
  const seen: number[] = [];
  const racing = raceAbort(late.promise, signal, (value) => seen.push(value))
    .catch((error) => error);
  controller.abort("enough");
  assertEquals(await racing, "enough");
  late.resolve(7);
  await late.promise;
  assertEquals(seen, [7]);
  // A later failure is ignored, and is no unhandled rejection.
  const failing = raceAbort(Promise.reject(new Error("no")), signal);
  assertEquals(await failing.catch((error) => error), "enough");
});

Deno.test("RetryQuota never gives more than it has and never holds more than it may", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1000 }),
    fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 100 }))),
    (capacity, operations) => {
      const quota = new RetryQuota(capacity);
      let model = capacity;
      for (const [take, amount] of operations) {
        if (!take) {
          quota.give(amount);
          model = Math.min(capacity, model + amount);
        } else {
          assertEquals(quota.take(amount), amount <= model);
          if (amount <= model) model -= amount;
        }
      }
      assertEquals(quota.take(model + 1), false);
      assertEquals(quota.take(model), true);
    },
  ));
});

Deno.test("notify calls a hook with its object and lets nothing out that it throws", () => {
  interface Hooks {
    onFact?(event: number): void;
  }
  class Counter implements Hooks {
    seen = 0;
    onFact(event: number) {
      this.seen += event;
      throw new Error("broken hook");
    }
  }
  const hooks: Hooks & { seen: number } = new Counter();
  notify<Hooks, "onFact">(hooks, "onFact", 3);
  assertEquals(hooks.seen, 3);
  notify<Hooks, "onFact">({}, "onFact", 3);
  notify<Hooks, "onFact">(undefined, "onFact", 3);
  assert(true);
});

Deno.test("notify lets the rejection of an async hook disturb nothing", async () => {
  interface Hooks {
    onFact?(event: number): void;
  }
  let seen = 0;
  const broken: Hooks[] = [
    {
      async onFact(event) {
        await undefined;
        seen += event;
        throw new Error("the metrics server is down");
      },
    },
    // As promises of other libraries are, and what only looks like one.
    { onFact: () => ({ then: (_: unknown, no: () => void) => no() }) },
    {
      onFact: () => ({
        get then() {
          throw new Error("no promise");
        },
      }),
    },
    { onFact: () => 7 },
  ];
  for (const hooks of broken) notify<Hooks, "onFact">(hooks, "onFact", 3);
  // An unhandled rejection would fail this test.
  await delay(0);
  assertEquals(seen, 3);
});

Deno.test("raceAbort leaves behind a promise that fails later", async () => {
  const reason = new Error("enough");
  const late = Promise.reject(new Error("unseen"));
  const failure = await assertRejects(() =>
    raceAbort(late, AbortSignal.abort(reason))
  );
  assertStrictEquals(failure, reason);
});

Deno.test("raceAbort without a signal gives the promise itself", () => {
  const promise = Promise.resolve(1);
  assertStrictEquals(raceAbort(promise, undefined), promise);
});
