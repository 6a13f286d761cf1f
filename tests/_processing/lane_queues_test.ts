import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BatchQueue } from "../../_processing/batch_queue.ts";
import { KeyedQueue } from "../../_processing/keyed_queue.ts";
import type { LaneQueue } from "../../_processing/lane_queue.ts";
import { FakeClock } from "../_services/fake_clock.ts";

interface Value {
  readonly key: string;
  readonly i: number;
}

const keyOf = ({ key }: Value) => key;

/** What is done to a queue: a value of a key is added, or the n-th job under way is done. */
const actions = fc.array(
  fc.oneof(
    fc.record({ add: fc.constantFrom(..."abc") }),
    fc.record({ done: fc.nat(5) }),
    fc.constant({ next: true }),
  ),
  { maxLength: 80 },
);

/** Checks a queue against what it promises. Returns the values in the order of their jobs. */
function check(
  queue: LaneQueue<Value>,
  plan: readonly { add?: string; done?: number; next?: boolean }[],
  most: number,
): void {
  const underWay: (readonly Value[])[] = [];
  const order = new Map<string, number>();
  let added = 0;
  let taken = 0;
  const take = () => {
    const job = queue.next();
    assert(job.length > 0 && job.length <= most);
    for (const { key, i } of job) {
      assert(!underWay.some((other) => other.some((it) => it.key === key)));
      assert(i > (order.get(key) ?? -1), `${key}${i} is out of order`);
      order.set(key, i);
    }
    underWay.push(job);
    taken += job.length;
  };
  for (const { add, done, next } of plan) {
    if (add !== undefined) queue.add({ key: add, i: added++ });
    if (next && queue.hasNext) take();
    if (done === undefined || underWay.length === 0) continue;
    const [job] = underWay.splice(done % underWay.length, 1);
    queue.done(job!);
  }
  queue.flush();
  for (;;) {
    if (queue.hasNext) take();
    else if (underWay.length > 0) queue.done(underWay.shift()!);
    else break;
  }
  assertEquals(taken, added);
  assertEquals(queue.length, 0);
}

Deno.test("KeyedQueue gives out every value, those of a key in order and one at a time", () => {
  fc.assert(
    fc.property(actions, (plan) => check(new KeyedQueue(keyOf), plan, 1)),
  );
});

Deno.test("KeyedQueue without keys gives out every value at once", () => {
  const queue = new KeyedQueue<Value>(undefined);
  for (let i = 0; i < 3; i++) queue.add({ key: "a", i });
  const taken: number[] = [];
  while (queue.hasNext) taken.push(queue.next()[0]!.i);
  assertEquals(taken, [0, 1, 2]);
});

Deno.test("BatchQueue gives out every value, and no key in two batches at a time", () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 5 }), (plan, maxValues) => {
      const clock = new FakeClock();
      const parts = { keyOf, maxValues, maxWaitMs: 1, clock, onDue() {} };
      check(new BatchQueue(parts), plan, maxValues);
      assertEquals(clock.pendingTimers, 0);
    }),
  );
});

Deno.test("BatchQueue waits for a full batch or for its time", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const queue = new BatchQueue<Value>({
    keyOf: undefined,
    maxValues: 3,
    maxWaitMs: 100,
    clock,
    onDue: () => calls++,
  });
  for (let i = 0; i < 4; i++) {
    assertEquals(queue.hasNext, false);
    queue.add({ key: "a", i });
    if (i === 2) assertEquals(queue.next().length, 3);
  }
  await clock.advance(99);
  assertEquals([queue.hasNext, calls], [false, 0]);
  await clock.advance(1);
  assertEquals([queue.hasNext, calls], [true, 1]);
  assertEquals(queue.next().map(({ i }) => i), [3]);
  queue.add({ key: "a", i: 4 });
  assertEquals(queue.hasNext, false);
  queue.clear();
  assertEquals([queue.length, clock.pendingTimers], [0, 0]);
});

Deno.test("BatchQueue does not hand out small batches because many values of a key wait", () => {
  const queue = new BatchQueue<Value>({
    keyOf,
    maxValues: 3,
    maxWaitMs: 100,
    clock: new FakeClock(),
    onDue() {},
  });
  for (let i = 0; i < 6; i++) queue.add({ key: "hot", i });
  assertEquals(queue.next().length, 3);
  queue.add({ key: "b", i: 0 });
  assertEquals(queue.hasNext, false);
  queue.add({ key: "b", i: 1 });
  queue.add({ key: "c", i: 0 });
  assertEquals(queue.next().map(({ key }) => key), ["b", "b", "c"]);
  queue.clear();
});

Deno.test("BatchQueue gives out what it has while no further value comes, and waits again afterwards", () => {
  const queue = new BatchQueue<Value>({
    keyOf,
    maxValues: 3,
    maxWaitMs: 100,
    clock: new FakeClock(),
    onDue() {},
  });
  queue.hurry(true);
  assertEquals(queue.hasNext, false);
  queue.add({ key: "a", i: 0 });
  assertEquals(queue.hasNext, true);
  assertEquals(queue.next().length, 1);
  queue.add({ key: "a", i: 1 });
  // A value of its key is being processed.
  assertEquals(queue.hasNext, false);
  queue.add({ key: "b", i: 0 });
  assertEquals(queue.hasNext, true);
  queue.hurry(false);
  assertEquals(queue.hasNext, false);
  queue.flush();
  queue.hurry(true);
  queue.hurry(false);
  assertEquals(queue.hasNext, true);
  queue.clear();
});
