import { assertEquals } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { KeyedQueue } from "../../_processing/keyed_queue.ts";
import { Scheduler, type SchedulerParts } from "../../_processing/scheduler.ts";
import type { WorkLane } from "../../_processing/work.ts";
import { FakeClock } from "../_services/fake_clock.ts";

/** A message of a queue: a source that has no shards. */
interface Message {
  readonly group: string;
  readonly body: string;
}

class MessageQueue implements WorkLane {
  readonly #controller = new AbortController();
  readonly held: boolean[] = [];
  readonly signal = this.#controller.signal;
  reason: Error | undefined;

  hold(isHeld: boolean): void {
    this.held.push(isHeld);
  }

  giveUp(reason: Error): void {
    this.reason = reason;
    this.#controller.abort(reason);
  }
}

function setUp(
  handle: SchedulerParts<Message, MessageQueue>["handle"],
  settings: {
    concurrency?: number;
    lookahead?: number;
    lookaheadBytes?: number;
  } = {},
) {
  const clock = new FakeClock();
  const log: string[] = [];
  const queue = new MessageQueue();
  const scheduler = new Scheduler<Message, MessageQueue>({
    concurrency: 2,
    lookahead: 4,
    lookaheadBytes: Infinity,
    drainTimeoutMs: 500,
    maxAttempts: 2,
    baseDelayMs: 100,
    maxDelayMs: 100,
    shouldRetry: () => true,
    timeoutMs: 1000,
    graceMs: 500,
    clock,
    random: () => 0,
    ...settings,
  }, {
    laneCount: () => 1,
    queue: () => new KeyedQueue(({ group }) => group),
    sizeOf: ({ body }) => body.length,
    handle,
    namesFailures: () => false,
    failuresIn: () => [],
    acknowledge: ({ body }, isProcessed) =>
      void log.push(`${isProcessed ? "done" : "given up"} ${body}`),
    bury: () => Promise.resolve(),
    onFailure: (_, [failure], { retryDelayMs }) =>
      void log.push(`failed ${failure!.record.body} ${retryDelayMs}`),
    onLate: ({ job }) => void log.push(`late ${job.records[0]!.body}`),
    onAbandoned: ({ job }, _, isFinal) =>
      void log.push(`abandoned ${job.records[0]!.body} ${isFinal}`),
    onError: (error) => void log.push(`error ${error}`),
  });
  const accept = (...bodies: string[]) => {
    for (const body of bodies) {
      scheduler.accept({ group: body[0]!, body }, queue);
    }
  };
  return { clock, log, queue, scheduler, accept };
}

Deno.test("Scheduler serves a source without shards: order by group, retries, and an end", async () => {
  const { clock, log, scheduler, accept } = setUp(
    ([message], { number }) => {
      if (message!.body === "a1" && number === 1) throw new Error("not now");
      if (message!.body === "b1") throw new Error("never");
      return delay(10, { clock });
    },
  );
  accept("a1", "a2", "b1", "b2");
  scheduler.finish();
  await clock.runUntil(scheduler.ended);
  assertEquals(log, [
    "failed a1 50",
    "failed b1 50",
    "failed b1 undefined",
    "given up b1",
    "done a1",
    "done b2",
    "done a2",
  ]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Scheduler holds its source while as many values wait as 'lookahead' says", async () => {
  const { clock, queue, scheduler, accept } = setUp(
    () => delay(10, { clock }),
    { concurrency: 1 },
  );
  accept("a1", "a2", "a3", "a4");
  assertEquals(queue.held, []);
  accept("a5");
  assertEquals([queue.held, scheduler.queued], [[true], 4]);
  await clock.advance(10);
  assertEquals(queue.held, [true]);
  await clock.advance(10);
  assertEquals([queue.held, scheduler.queued], [[true, false], 2]);
  scheduler.stop();
  await clock.runUntil(scheduler.ended);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Scheduler holds its source while values of more bytes than 'lookaheadBytes' are not settled", async () => {
  const { clock, log, queue, scheduler, accept } = setUp(
    () => delay(10, { clock }),
    { concurrency: 1, lookahead: 100, lookaheadBytes: 4 },
  );
  accept("a1");
  assertEquals(queue.held, []);
  accept("a2");
  assertEquals([queue.held, scheduler.unsettledBytes], [[true], 4]);
  await clock.advance(10);
  assertEquals([queue.held, scheduler.unsettledBytes], [[true, false], 2]);
  accept("a value that is longer");
  assertEquals(queue.held, [true, false, true]);
  await clock.advance(10);
  assertEquals(queue.held, [true, false, true]);
  await clock.advance(10);
  assertEquals(queue.held, [true, false, true, false]);
  assertEquals([log.length, scheduler.unsettledBytes], [3, 0]);
  scheduler.stop();
  await scheduler.ended;
});

Deno.test("Scheduler does not hold its source for the bytes of values that are processed at once", () => {
  const { log, queue, scheduler, accept } = setUp(() => {}, {
    lookaheadBytes: 1,
  });
  accept("a1", "a2", "b1");
  assertEquals(log, ["done a1", "done a2", "done b1"]);
  assertEquals([queue.held, scheduler.unsettledBytes], [[], 0]);
});

Deno.test("Scheduler holds its source until neither the number nor the bytes of its values are too many", async () => {
  const { clock, queue, scheduler, accept } = setUp(
    () => delay(10, { clock }),
    { concurrency: 1, lookahead: 2, lookaheadBytes: 6 },
  );
  accept("a1", "a2", "a3");
  assertEquals(queue.held, [true]);
  await clock.advance(10);
  // One value waits, which is half of the number, and 4 of 6 bytes are not settled.
  assertEquals(queue.held, [true]);
  await clock.advance(10);
  assertEquals([queue.held, scheduler.unsettledBytes], [[true, false], 2]);
  scheduler.stop();
  await clock.runUntil(scheduler.ended);
});

Deno.test("Scheduler gives up the lane of a call that does not end, and ignores its result", async () => {
  let finish = () => {};
  const { clock, log, queue, scheduler, accept } = setUp(
    () => new Promise<void>((resolve) => finish = resolve),
  );
  accept("a1", "a2");
  await clock.advance(1000);
  assertEquals(log, ["late a1"]);
  await clock.advance(500);
  assertEquals(log, ["late a1", "abandoned a1 false"]);
  assertEquals(queue.reason?.name, "TimeoutError");
  finish();
  await clock.advance(0);
  assertEquals(log.length, 2);
  assertEquals([scheduler.queued, scheduler.waiting], [0, 0]);
  scheduler.finish();
  await scheduler.ended;
  assertEquals(clock.pendingTimers, 0);
});
