import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import type { Consumer, ProcessingOrder } from "../../consumer.ts";
import { Journal } from "./_journal.ts";
import { type Item, STREAM, World } from "./_world.ts";

const KEYS = [..."abcdef"];

/** What happens next. */
type Step =
  | { readonly type: "put"; readonly count: number }
  | { readonly type: "start"; readonly ordering: ProcessingOrder }
  | { readonly type: "batches"; readonly ordering: ProcessingOrder }
  | { readonly type: "close"; readonly worker: number }
  | { readonly type: "abort"; readonly worker: number }
  | { readonly type: "steal"; readonly shard: number }
  | { readonly type: "split" }
  | { readonly type: "pass"; readonly ms: number };

const orderings = fc.constantFrom<ProcessingOrder>("shard", "key", "none");
const worker = fc.nat(3);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant("put"),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ type: fc.constant("start"), ordering: orderings }),
  fc.record({ type: fc.constant("batches"), ordering: orderings }),
  fc.record({ type: fc.constant("close"), worker }),
  fc.record({ type: fc.constant("abort"), worker }),
  fc.record({ type: fc.constant("steal"), shard: fc.nat(5) }),
  fc.record({ type: fc.constant("split") }),
  fc.record({
    type: fc.constant("pass"),
    ms: fc.constantFrom(100, 2000, 15_000, 60_000),
  }),
) as fc.Arbitrary<Step>;

const plans = fc.record({
  steps: fc.array(steps, { minLength: 5, maxLength: 25 }),
  /** How calls end, one after another. */
  ends: fc.array(
    fc.constantFrom("now", "soon", "late", "fails", "refuses", "hangs"),
    { minLength: 3, maxLength: 20 },
  ),
});

Deno.test("Consumer.process processes every value at least once, whatever happens to handlers, leases, workers and shards", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const world = new World({ shards: 2 });
      const journal = new Journal();
      const checkpointer = journal.checkpointer();
      const workers: {
        consumer: Consumer<Item>;
        controller: AbortController;
        done: Promise<unknown>;
      }[] = [];
      let calls = 0;
      const handle = (
        records: Parameters<Journal["start"]>[0],
        attempt: number,
      ): undefined | Promise<void> => {
        const call = journal.start(records, attempt);
        const end = plan.ends[calls++ % plan.ends.length]!;
        const succeed = () => journal.end(call, records);
        if (end === "now") return void succeed();
        if (end === "refuses") throw new Error("refused");
        const ms = end === "late" ? 8000 : end === "hangs" ? 1e8 : 500;
        return delay(ms, { clock: world.clock }).then(() => {
          if (end === "fails") throw new Error("failed");
          if (end !== "hangs") succeed();
        });
      };
      const start = (ordering: ProcessingOrder, inBatches: boolean) => {
        const controller = new AbortController();
        const consumer = world.consumer({ checkpointer });
        const settings = {
          ordering,
          timeoutMs: 5000,
          graceMs: 5000,
          retry: { maxAttempts: 100 },
          signal: controller.signal,
        };
        const done = inBatches
          ? consumer.processBatches(
            (records, { attempt }) => handle(records, attempt),
            { ...settings, maxValues: 4 },
          )
          : consumer.process(
            (record, { attempt }) => handle([record], attempt),
            settings,
          );
        done.catch(() => {});
        workers.push({ consumer, controller, done });
      };
      for (const step of plan.steps) {
        const target = "worker" in step ? workers[step.worker] : undefined;
        if (step.type === "put") await world.put(step.count, { keys: KEYS });
        if (step.type === "start") start(step.ordering, false);
        if (step.type === "batches") start(step.ordering, true);
        if (step.type === "close") target?.consumer.close().catch(() => {});
        if (step.type === "abort") target?.controller.abort();
        if (step.type === "pass") await world.pass(step.ms);
        if (step.type === "split") {
          const [shard] = await world.openShards();
          world.server.split(STREAM, shard!);
        }
        if (step.type === "steal") {
          const leases = await checkpointer.list(STREAM);
          const lease = leases[step.shard % Math.max(1, leases.length)];
          if (lease) await checkpointer.take(lease, "thief");
        }
      }
      for (const { consumer } of workers) consumer.close().catch(() => {});
      await world.run(Promise.allSettled(workers.map(({ done }) => done)));
      journal.assertNoFaults();
      const seen = new Set(journal.processed.map(({ key, i }) => `${key}${i}`));
      const last = world.consumer({ checkpointer, until: "caught-up" });
      await world.run(
        last.process(({ value: { key, i } }) => void seen.add(`${key}${i}`)),
      );
      const total = [...world.written.values()].reduce((a, b) => a + b, 0);
      assertEquals(seen.size, total);
    }),
    { numRuns: 40 },
  );
});
