import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import type { CallOptions, Shard } from "../../client/mod.ts";
import {
  gzip,
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import {
  accessDenied,
  connectionLost,
  FakeClock,
  seeded,
  setUpProducer,
  StubKinesis,
} from "./_set_up.ts";

/** A Kinesis that takes its time to list shards, too. */
class SlowKinesis extends StubKinesis {
  listMs = 0;

  override async *listAllShards(
    _request?: unknown,
    { signal }: CallOptions = {},
  ): AsyncGenerator<Shard, void> {
    if (this.listMs) await delay(this.listMs, { clock: this.clock, signal });
    yield* super.listAllShards();
  }
}

const PROCESSORS: Record<string, () => Processor<number>> = {
  json: () => json<number>(),
  lines: () => jsonLines<number>(),
  kpl: () => kplJson<number>(),
  gzip: () => gzip(jsonLines<number>()),
};

interface Step {
  type: "put" | "write" | "wait" | "flush" | "split";
  count: number;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constantFrom("put" as const, "write" as const),
    count: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({
    type: fc.constant("wait" as const),
    count: fc.constantFrom(0, 1, 5, 20, 100, 1500),
  }),
  fc.record({
    type: fc.constantFrom("flush" as const, "split" as const),
    count: fc.constant(1),
  }),
);

const run = fc.record({
  processor: fc.constantFrom(...Object.keys(PROCESSORS)),
  shards: fc.integer({ min: 1, max: 3 }),
  lingerMs: fc.constantFrom(0, 1, 10, 100, 5000),
  latencyMs: fc.constantFrom(0, 1, 10, 300),
  listMs: fc.constantFrom(0, 1, 10, 500),
  maxBatchRecords: fc.constantFrom(1, 3, 500),
  maxInFlight: fc.constantFrom(1, 8),
  bufferedValues: fc.constantFrom(1, 4, 50_000),
  recordsPerSecond: fc.constantFrom(2, 1000),
  ordering: fc.constantFrom("none" as const, "key" as const, "shard" as const),
  failures: fc.array(fc.constantFrom("partial", "throttled", "reset"), {
    maxLength: 4,
  }),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  end: fc.constantFrom("close", "abort", "signal", "denied", "flush", "settle"),
});

Deno.test("Producer leaves no timer behind once everything is settled, however it came to that", async () => {
  await fc.assert(
    fc.asyncProperty(run, async (run) => {
      const clock = new FakeClock();
      const client = new SlowKinesis(clock, run.shards);
      client.listMs = run.listMs;
      client.latencyMs = run.latencyMs;
      const failures = [...run.failures];
      let denied = false;
      client.onPut = (request) => {
        if (denied) throw accessDenied();
        const failure = failures.shift();
        if (failure === "reset") throw connectionLost();
        return failure && client.storeSome(
          request,
          (_, i) =>
            i % 2 === 1
              ? undefined
              : failure === "throttled"
              ? "ProvisionedThroughputExceededException"
              : "InternalFailure",
        );
      };
      const controller = new AbortController();
      const producer = new Producer<number>({
        client,
        streamName: "s",
        processor: PROCESSORS[run.processor]!(),
        partitionKey: (n) => `k${n % 5}`,
        clock,
        random: seeded(1),
        lingerMs: run.lingerMs,
        maxBatchRecords: run.maxBatchRecords,
        maxInFlight: run.maxInFlight,
        bufferedValues: run.bufferedValues,
        shardRates: { recordsPerSecond: run.recordsPerSecond },
        ordering: run.ordering,
        signal: controller.signal,
      });
      const writer = producer.getWriter();
      writer.closed.catch(() => {});
      const all: Promise<unknown>[] = [];
      const note = (promise: Promise<unknown>) =>
        void all.push(promise.catch(() => {}));
      let n = 0;
      for (const step of run.steps) {
        if (step.type === "put") {
          for (let i = 0; i < step.count; i++) note(producer.put(n++));
        } else if (step.type === "write") {
          for (let i = 0; i < step.count; i++) note(writer.write(n++));
        } else if (step.type === "flush") note(producer.flush());
        else if (step.type === "split") client.split(client.openShardIds[0]!);
        else await clock.advance(step.count);
      }
      if (run.end === "denied") {
        denied = true;
        note(producer.put(n++));
      }
      let ending: Promise<unknown>;
      if (run.end === "abort") ending = writer.abort("enough");
      else if (run.end === "signal") {
        controller.abort("enough");
        ending = Promise.resolve();
      } else if (run.end === "flush") ending = producer.flush();
      else if (run.end === "settle") ending = Promise.all(all);
      else ending = writer.close();
      await clock.runUntil(ending.catch(() => {}));
      // What a retry or a listing under way had set is gone when everybody has heard of the end.
      await clock.advance(0);
      const isOpen = run.end === "flush" || run.end === "settle";
      // A producer that is open may be sending what was written, or learning about other shards.
      const isAtWork = producer.stats().bufferedValues > 0 ||
        run.steps.some(({ type }) => type === "split");
      if (isOpen && isAtWork) return;
      assertEquals(clock.pendingTimers, 0);
      await clock.runUntil(Promise.all(all));
      assertEquals(clock.pendingTimers, 0);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Producer sets no timer after a record that expired has ended it", async () => {
  const { clock, client, producer } = setUpProducer<number>({
    processor: json<number>(),
    lingerMs: 5000,
    recordTtlMs: 50,
  });
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  const writer = producer.getWriter();
  writer.write(1).catch(() => {});
  producer.flush().catch(() => {});
  await clock.advance(10);
  // Waits for others when the first one expires before its second attempt.
  writer.write(2).catch(() => {});
  await clock.advance(100);
  assertEquals(producer.undelivered().map(({ value }) => value), [1, 2]);
  await writer.closed.catch(() => {});
  assertEquals(clock.pendingTimers, 0);
});
