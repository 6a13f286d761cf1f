/**
 * Random handlers, failures, pauses and closings of several consumers of one queue. The seed of a
 * run is in its name; `QUEUE_SEEDS=100` runs more.
 */
import { assert, assertEquals } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { QueueRecord } from "../../records.ts";
import type { QueueConsumer } from "../../queue.ts";
import type { FaultRule } from "../../testing/mod.ts";
import { seeded } from "../producer/_stub_kinesis.ts";
import { QueueWorld } from "./_world.ts";

const SEEDS = Number(Deno.env.get("QUEUE_SEEDS") ?? 25);
const ACTIONS = [
  "ReceiveQueueRecords",
  "AcknowledgeQueueRecords",
  "UpdateQueueRecordsVisibility",
];

/** Faults that end, of every kind. */
function faultsOf(random: () => number): FaultRule[] {
  const times = () => Math.ceil(random() * 12);
  const probability = 0.05 + random() * 0.3;
  return [
    {
      action: ACTIONS,
      probability,
      times: times(),
      fault: { type: "throttle" },
    },
    {
      action: ACTIONS,
      probability,
      times: times(),
      fault: {
        type: "error",
        code: "InternalFailureException",
        status: 500,
        when: random() < 0.5 ? "before" : "after",
      },
    },
    {
      action: ACTIONS.slice(1),
      probability,
      times: times(),
      fault: {
        type: "partial",
        fail: random(),
        code: random() < 0.5
          ? "ThrottlingException"
          : "InternalFailureException",
      },
    },
    {
      action: ACTIONS,
      probability,
      times: times(),
      fault: {
        type: "delay",
        ms: random() * 8_000,
        when: random() < 0.5 ? "before" : "after",
      },
    },
  ];
}

for (let seed = 1; seed <= SEEDS; seed++) {
  Deno.test(`QueueConsumer processes every value, and none while another has it, seed ${seed}`, async () => {
    const random = seeded(seed);
    const world = new QueueWorld({ rules: faultsOf(random), seed });
    const text = new TextEncoder();
    const count = 40 + Math.floor(random() * 120);
    const written: string[] = [];
    for (let i = 0; i < count; i++) {
      const values = Array.from(
        { length: 1 + Math.floor(random() * 3) },
        (_, n) => `${i}-${n}`,
      );
      written.push(...values);
      const lines = values.map((value) => JSON.stringify(value) + "\n");
      await world.putRaw(text.encode(lines.join("")));
    }
    /** The values that handlers have processed, with the number of times. */
    const done = new Map<string, number>();
    /** Handlers that work on a record and were not told that it is lost, by record. */
    const active = new Map<string, object>();
    const problems: string[] = [];
    const queues: QueueConsumer<string>[] = [];
    const runs: Promise<unknown>[] = [];
    const work = async (
      owner: object,
      record: QueueRecord<string>,
      signal: AbortSignal,
    ) => {
      const { recordId, value } = record;
      const other = active.get(recordId);
      if (other && other !== owner) {
        problems.push(`${value} is with two consumers`);
      }
      active.set(recordId, owner);
      const leave = () => {
        if (active.get(recordId) === owner) active.delete(recordId);
      };
      signal.addEventListener("abort", leave);
      try {
        const ms = random() < 0.1 ? random() * 90_000 : random() * 2_000;
        await delay(ms, { clock: world.clock, signal });
        if (random() < 0.1) throw new Error("random failure");
        done.set(value, (done.get(value) ?? 0) + 1);
      } finally {
        leave();
      }
    };
    const start = () => {
      const queue = world.consumer<string>({
        processor: jsonLines<string>(),
        visibilityTimeoutSeconds: 10 + Math.floor(random() * 30),
        random,
      });
      queues.push(queue);
      const options = {
        timeoutMs: Infinity,
        concurrency: 1 + Math.floor(random() * 12),
        retry: { maxAttempts: 1 + Math.floor(random() * 2) },
      };
      runs.push(
        random() < 0.5
          ? queue.process(
            (record, { signal }) => work(queue, record, signal),
            options,
          )
          : queue.processBatches(async (records) => {
            const outcomes = await Promise.allSettled(
              records.map((record) => work(queue, record, record.signal)),
            );
            return records.filter((_, i) => outcomes[i]!.status === "rejected");
          }, { ...options, maxValues: 1 + Math.floor(random() * 8) }),
      );
    };
    for (let i = 0; i < 3; i++) start();
    for (let i = 0; i < 6; i++) {
      await world.pass(random() * 40_000);
      if (random() < 0.5) {
        await world.run(queues[Math.floor(random() * queues.length)]!.close());
      }
      if (random() < 0.5) start();
    }
    start();
    for (let i = 0; i < 400 && !isOver(world); i++) await world.pass(12_000);
    assert(isOver(world), "not over in an hour");
    await world.run(Promise.all(queues.map((queue) => queue.close())));
    await Promise.all(runs);
    assertEquals(problems, []);
    const { deadLetters } = world.state;
    const dead = new Set(
      deadLetters.flatMap(({ data }) =>
        new TextDecoder().decode(data).trim().split("\n").map((line) =>
          JSON.parse(line) as string
        )
      ),
    );
    const missing = written.filter((value) =>
      !done.has(value) && !dead.has(value)
    );
    assertEquals(missing, [], "neither processed nor dead");
    assertEquals(world.clock.pendingTimers, 0);
  });
}

/** Whether every record is acknowledged or a dead letter. */
function isOver(world: QueueWorld): boolean {
  const { visible, inFlight } = world.state;
  return visible.length + inFlight.length === 0;
}
