import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import type { ConsumerRecord } from "../../records.ts";
import { assertFirstCallsInOrder, Journal } from "./_journal.ts";
import { assertComplete, type Item, STREAM, World } from "./_world.ts";

const KEYS = [..."abcdef"];

/** What happens to a value: how often it fails before it is processed, how, and how long it takes. */
interface Fate {
  readonly failures: number;
  readonly kind: "throws" | "rejects" | "undefined" | "thenable";
  /** 0: the handler returns no promise. */
  readonly ms: number;
}

const fates: fc.Arbitrary<Fate> = fc.record({
  failures: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    fc.integer({ min: 1, max: 3 }),
  ),
  kind: fc.constantFrom("throws", "rejects", "undefined", "thenable"),
  ms: fc.constantFrom(0, 0, 1, 10, 400, 3000),
});

const plans = fc.record({
  shards: fc.integer({ min: 1, max: 3 }),
  records: fc.integer({ min: 0, max: 40 }),
  perRecord: fc.integer({ min: 1, max: 3 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  lookahead: fc.constantFrom(1, 3, 256),
  durable: fc.boolean(),
  splits: fc.boolean(),
  fates: fc.array(fates, { minLength: 1, maxLength: 25 }),
});

const groups = {
  shard: ({ shardId }: ConsumerRecord<Item>) => shardId,
  key: ({ value }: ConsumerRecord<Item>) => value.key,
  none: undefined,
};

function fail(kind: Fate["kind"]): unknown {
  const error = kind === "undefined" ? undefined : new Error("not now");
  if (kind === "throws" || kind === "undefined") throw error;
  if (kind === "rejects") return Promise.reject(error);
  return {
    then(_: unknown, reject: (error: unknown) => void) {
      reject(error);
      throw new Error("too late");
    },
  };
}

for (const ordering of ["shard", "key", "none"] as const) {
  Deno.test(`Consumer.process with ordering "${ordering}" processes every value once and in order, whatever its handlers do`, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const world = new World({ shards: plan.shards });
        const journal = new Journal();
        await world.put(plan.records, {
          keys: KEYS,
          perRecord: plan.perRecord,
        });
        if (plan.splits) {
          world.server.split(STREAM, world.shardIds[0]!);
          await world.pass(1000);
          await world.put(plan.records, { keys: KEYS });
        }
        let count = 0;
        const fateOf = new Map<Item, Fate>();
        const summary = await world.run(
          world.consumer({
            until: "caught-up",
            checkpointer: plan.durable ? journal.checkpointer() : undefined,
          }).process((record, { attempt, signal }) => {
            assert(!signal.aborted);
            const call = journal.start([record], attempt, groups[ordering]);
            const fate = fateOf.get(record.value) ??
              plan.fates[count++ % plan.fates.length]!;
            fateOf.set(record.value, fate);
            const finish = () => {
              const isGood = attempt > fate.failures;
              journal.end(call, isGood ? [record] : []);
              return isGood ? undefined : fail(fate.kind);
            };
            return fate.ms === 0
              ? finish()
              : delay(fate.ms, { clock: world.clock }).then(finish);
          }, {
            ordering,
            concurrency: plan.concurrency,
            lookahead: plan.lookahead,
          }),
        );
        journal.assertNoFaults();
        const failures = [...fateOf.values()]
          .reduce((sum, fate) => sum + fate.failures, 0);
        assertEquals(summary.retries, failures);
        assert(journal.mostRunning <= plan.concurrency);
        const groupOf = groups[ordering];
        if (groupOf) {
          assertFirstCallsInOrder(journal.calls, groupOf);
          assertComplete(journal.processed, world.written);
        } else assertEquals(journal.processed.length, summary.processed);
        const total = [...world.written.values()].reduce((a, b) => a + b, 0);
        assertEquals(summary.processed, total);
        assertEquals(world.clock.pendingTimers, 0);
      }),
      { numRuns: 60 },
    );
  });
}
