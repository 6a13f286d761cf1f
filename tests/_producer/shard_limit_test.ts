import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import { ShardLimit } from "../../_producer/shard_limit.ts";

const RATES = { recordsPerSecond: 1000, bytesPerSecond: 1024 * 1024 };

/** Takes as many records as go in `ms` milliseconds, waiting as it says. */
function drain(limit: ShardLimit, bytes: number, from: number, ms: number) {
  let count = 0;
  for (let now = from; now < from + ms;) {
    const wait = limit.waitFor(1, bytes, now);
    if (wait > 0) now += wait;
    else {
      assert(limit.take(bytes), "nothing to wait for, and nothing to take");
      count++;
    }
  }
  return count;
}

Deno.test("ShardLimit lets four fifths of a second's worth go at once, then the rate", () => {
  const limit = new ShardLimit(RATES);
  assertEquals(drain(limit, 10, 0, 1), 800);
  assertEquals(drain(limit, 10, 1, 1000), 1000);
  assertEquals(drain(limit, 10, 1001, 10_000), 10_000);
});

Deno.test("ShardLimit limits bytes as well", () => {
  const limit = new ShardLimit(RATES);
  drain(limit, 10_240, 0, 1);
  const count = drain(limit, 10_240, 1, 10_000);
  assertGreaterOrEqual(count, 10 * 102);
  assertLessOrEqual(count, 10 * 103);
});

Deno.test("ShardLimit lets no burst go after an idle time beyond the first one", () => {
  const limit = new ShardLimit(RATES);
  drain(limit, 10, 0, 1);
  assertEquals(drain(limit, 10, 1_000_000, 1), 800);
});

Deno.test("ShardLimit lets a record pass that is larger than the bucket, and has it paid for", () => {
  const limit = new ShardLimit(RATES);
  assertEquals(limit.waitFor(1, 5 * 1024 * 1024, 0), 0);
  assert(limit.take(5 * 1024 * 1024));
  assertFalse(limit.take(1));
  assertGreater(limit.waitFor(1, 1, 0), 4190);
  assertEquals(limit.waitFor(1, 1, 4210), 0);
});

Deno.test("ShardLimit gives nothing for a clock that is set back", () => {
  const limit = new ShardLimit(RATES);
  drain(limit, 10, 1000, 1);
  assertFalse(limit.take(10));
  assertGreater(limit.waitFor(1, 10, 0), 0);
});

Deno.test("ShardLimit goes down after a throttle, once for requests that were together, and comes back", () => {
  const limit = new ShardLimit(RATES);
  limit.waitFor(1, 1, 0);
  for (const now of [0, 10, 200]) limit.throttled(now);
  assertEquals(limit.factor, 0.8);
  limit.throttled(260);
  assert(Math.abs(limit.factor - 0.64) < 0.01);
  assertFalse(limit.isFull(261));
  for (let now = 300; now < 5000; now += 100) limit.waitFor(1, 1, now);
  assertEquals(limit.factor, 1);
  assert(limit.isFull(10_000));
});

Deno.test("ShardLimit always lets a probe through, however often it was throttled and however low the rate", () => {
  fc.assert(fc.property(
    fc.double({ min: 1, max: 2000, noNaN: true }),
    fc.double({ min: 1, max: 1e7, noNaN: true }),
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 1, max: 100_000 }),
    (recordsPerSecond, bytesPerSecond, throttles, bytes) => {
      const limit = new ShardLimit({ recordsPerSecond, bytesPerSecond });
      let now = 0;
      for (let i = 0; i < throttles; i++) limit.throttled(now += 300);
      assertGreaterOrEqual(limit.factor, 0.02);
      // A wait that is followed by another one of no length would be a loop without a delay.
      for (let turn = 0;; turn++) {
        const wait = limit.waitFor(0.1, bytes, now);
        if (wait === 0) break;
        assertGreaterOrEqual(wait, 1);
        assertLessOrEqual(turn, 100);
        now += wait;
      }
      assert(limit.take(bytes));
    },
  ));
});

Deno.test("ShardLimit never exceeds its rates over any time, but for one bucket and one record", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 2000 }),
    fc.integer({ min: 1000, max: 1e6 }),
    fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 5000 }),
      ),
      { maxLength: 200 },
    ),
    (recordsPerSecond, bytesPerSecond, steps) => {
      const limit = new ShardLimit({ recordsPerSecond, bytesPerSecond });
      let now = 0, records = 0, bytes = 0, largest = 0;
      for (const [wait, size] of steps) {
        now += wait;
        if (limit.waitFor(1, size, now) > 0 || !limit.take(size)) continue;
        records++;
        bytes += size;
        largest = Math.max(largest, size);
      }
      const seconds = 1 + now / 1000;
      assertLessOrEqual(records, recordsPerSecond * seconds + 1);
      assertLessOrEqual(bytes, bytesPerSecond * seconds + largest);
    },
  ));
});

Deno.test("ShardLimit without limits never waits", () => {
  const limit = new ShardLimit({
    recordsPerSecond: Infinity,
    bytesPerSecond: Infinity,
  });
  for (let i = 0; i < 10_000; i++) {
    assertEquals(limit.waitFor(500, 1e9, i), 0);
    assert(limit.take(1e9));
  }
});
