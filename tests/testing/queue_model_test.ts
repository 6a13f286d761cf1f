import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { withQueue } from "./_queue.ts";
import {
  describeModel,
  describeQueue,
  QueueModel,
  type Verdict,
} from "./_queue_model.ts";

/** Few records in flight, so that sequences reach the limit. */
const MAX_IN_FLIGHT = 8;

const seconds = fc.constantFrom(0, 0, 1, 30, 43_200);
const step = fc.oneof(
  fc.record({
    do: fc.constant("put" as const),
    n: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    do: fc.constant("receive" as const),
    dead: fc.boolean(),
    limit: fc.integer({ min: 1, max: 10 }),
    seconds,
  }),
  fc.record({
    do: fc.constantFrom(
      "acknowledge" as const,
      "visibility" as const,
      "restore" as const,
    ),
    dead: fc.boolean(),
    // Which handle of all that were issued, counted from the latest.
    back: fc.integer({ min: 0, max: 4 }),
    seconds,
  }),
  fc.record({
    do: fc.constant("advance" as const),
    ms: fc.constantFrom(1, 1_000, 29_999, 30_000, 3_600_000, 12 * 3_600_000),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

Deno.test("a queue behaves as its model in random sequences", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60 }),
      fc.constantFrom(1, 1, 2, false as const),
      fc.constantFrom("json" as const, "cbor" as const),
      run,
    ),
    { numRuns: 250 },
  );
});

async function run(
  steps: readonly Step[],
  maxReceiveCount: number | false,
  protocol: "json" | "cbor",
): Promise<void> {
  const { server, queue, arn, put } = withQueue(
    { maxReceiveCount },
    { maxInFlightQueueRecords: MAX_IN_FLIGHT },
    protocol,
  );
  const model = new QueueModel(server.now(), maxReceiveCount || Infinity);
  let nextKey = 0;
  for (const step of steps) {
    if (step.do === "put") {
      const keys = Array.from({ length: step.n }, () => `k${nextKey++}`);
      await put(...keys);
      for (const key of keys) model.add(key);
    } else if (step.do === "advance") {
      server.advance(step.ms);
      model.advance(step.ms);
    } else if (step.do === "receive") {
      const { dead, limit, seconds } = step;
      const visible = model.visible(dead ? "dead" : "queued");
      const room = MAX_IN_FLIGHT - model.inFlight.length;
      const expected = Math.min(visible.length, room, limit);
      // A receive without records would wait.
      if (expected === 0) continue;
      const received = await (dead ? queue.receiveDead : queue.receive).call(
        queue,
        { Limit: limit, VisibilityTimeoutSeconds: seconds },
      );
      assertEquals(received.length, expected);
      for (
        const { PartitionKey, RecordId, ReceiptHandle, ReceiveCount }
          of received
      ) {
        const record = visible.find(({ key }) => key === PartitionKey);
        assert(record, `${PartitionKey} was not visible`);
        assertEquals(ReceiveCount, record.count + 1);
        assertEquals(RecordId, record.id ??= RecordId);
        assert(model.handles.every(({ handle }) => handle !== ReceiptHandle));
        model.receive(record, ReceiptHandle, seconds);
      }
    } else {
      const { dead, back, seconds } = step;
      const handle = model.handles.at(-1 - back)?.handle ?? "none";
      const part = dead || step.do === "restore" ? "DeadLetter" : "";
      const [action, expected]: [string, Verdict] = {
        acknowledge: () =>
          [
            `Acknowledge${part}QueueRecords`,
            model.acknowledge(handle, dead),
          ] as [string, Verdict],
        visibility: () =>
          [
            `Update${part}QueueRecordsVisibility`,
            model.setVisibility(handle, dead, seconds),
          ] as [string, Verdict],
        restore: () =>
          [`Restore${part}QueueRecords`, model.restore(handle)] as [
            string,
            Verdict,
          ],
      }[step.do]();
      const { ok, failed } = await queue.entries(
        action,
        [handle],
        step.do === "visibility" ? seconds : undefined,
      );
      assertEquals(ok.length === 1 ? "ok" : failed[0], expected);
    }
    assertEquals(describeQueue(server, arn), describeModel(model));
    assert(model.inFlight.length <= MAX_IN_FLIGHT);
  }
}

Deno.test("a queue loses nothing and repeats nothing that is acknowledged, with many receives that wait", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(),
      async (batches, workers, seed) => {
        const { server, queue, arn, put } = withQueue({
          maxReceiveCount: false,
        });
        const acknowledged = new Set<string>();
        let isOpen = true;
        let dice = seed;
        const work = async () => {
          while (isOpen) {
            for (const record of await queue.receive({ WaitTimeSeconds: 1 })) {
              assert(!acknowledged.has(record.RecordId), "acknowledged twice");
              dice = (dice * 1_103_515_245 + 12_345) % 2_147_483_648;
              // A third of the records is left alone until its timeout.
              if (dice % 3 === 0) continue;
              const { ok } = await queue.entries("AcknowledgeQueueRecords", [
                record.ReceiptHandle,
              ]);
              if (ok.length > 0) acknowledged.add(record.RecordId);
            }
          }
        };
        const running = Array.from({ length: workers }, work);
        let total = 0;
        for (const size of batches) {
          await put(...Array.from({ length: size }, () => `k${total++}`));
          await new Promise((resolve) => setTimeout(resolve));
          server.advance(10_000);
        }
        for (let i = 0; i < 200 && acknowledged.size < total; i++) {
          await new Promise((resolve) => setTimeout(resolve));
          server.advance(10_000);
        }
        isOpen = false;
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setTimeout(resolve));
          server.advance(2_000);
        }
        await Promise.all(running);
        assertEquals(acknowledged.size, total);
        assertEquals(describeQueue(server, arn), []);
      },
    ),
    { numRuns: 15 },
  );
});
