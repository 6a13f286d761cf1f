/**
 * Runs a schedule of consumers: writes and reshards while consumers start and die, then lets the
 * last consumer read to the end.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import { Producer } from "../../producer.ts";
import { inTime, startChain } from "./chain.ts";
import { createStore } from "./checkpoint_store.ts";
import { live } from "./consumer_life.ts";
import {
  type ConsumerSchedule,
  type Life,
  READS,
} from "./consumer_schedule.ts";
import { EventLog } from "./event_log.ts";
import { SeededChoices } from "./seeded_choices.ts";
import { type Incidents, startIncidents } from "./incidents.ts";
import { type Item, itemMaker } from "./items.ts";
import { MortalCheckpointer } from "./mortal_checkpointer.ts";
import { processorOf } from "./processors.ts";
import { ScaledClock } from "./scaled_clock.ts";
import { readStored, type StoredShard } from "./stored.ts";
import { directClient, startTarget } from "./target.ts";

/** The result of a schedule. */
export interface ConsumerOutcome {
  readonly events: EventLog;
  readonly stored: readonly StoredShard<Item>[];
  readonly leases: readonly Lease[];
  /** The errors that ended lives unexpectedly. */
  readonly errors: readonly unknown[];
  readonly counts: Readonly<Record<string, number>>;
}

const STREAM = "chaos";
const FAILOVER_MS = 10_000;
/** How often the last consumer may fail before it has read to the end. */
export const MOST_LAST_LIVES = 10;
/** The last life reads everything. */
export const LAST_LIFE: Life = {
  shape: "iterate",
  end: "abort",
  records: Infinity,
  ms: 600_000,
  keepsName: true,
};

/** Runs a schedule. */
export async function runConsumers(
  schedule: ConsumerSchedule,
  speed: number,
): Promise<ConsumerOutcome> {
  const clock = new ScaledClock(speed);
  const choices = new SeededChoices(schedule.seed).fork(60);
  await using target = await startTarget(schedule.emulator, clock);
  const direct = directClient(target.endpoint, clock);
  await direct.createStream({
    StreamName: STREAM,
    ShardCount: schedule.shards,
  });
  await direct.waitUntilActive({ StreamName: STREAM });
  await using chain = await startChain({
    target: target.endpoint,
    clock,
    choices: choices.fork(1),
    rules: schedule.rules,
    wire: schedule.wire,
    actions: READS,
    clientAttempts: 3,
  });
  await using store = await createStore(
    schedule.checkpointer,
    clock,
    choices.fork(2),
  );
  const processor = processorOf(schedule.processor);
  const events = new EventLog();
  const errors: unknown[] = [];
  const incidents = startIncidents(schedule.incidents, {
    client: direct,
    streamName: STREAM,
    proxy: chain.proxy,
    clock,
  });
  let lives = 0;
  const liveOnce = async (
    life: Life,
    workerId: string,
    isLast: boolean,
  ): Promise<unknown> => {
    const name = `${++lives} as ${workerId}`;
    const lane = choices.fork(1000 + lives);
    using open = await store.open();
    return await live({
      name,
      life,
      events,
      choices: lane,
      checkpointer: new MortalCheckpointer({
        inner: open.checkpointer,
        events,
        life: name,
        choices: lane.fork(1),
        failures: isLast ? 0 : schedule.storeFailures,
      }),
      consumer: {
        ...schedule.options,
        client: chain.client,
        streamName: STREAM,
        processor,
        workerId,
        failoverTimeMs: FAILOVER_MS,
        ...(isLast
          ? { until: "caught-up" as const }
          : { idleTimeoutMs: 2 * FAILOVER_MS }),
        clock,
        random: lane.fork(2).random,
      },
    });
  };
  const work = async (life: readonly Life[], worker: number) => {
    let workerId = `worker-${worker}`;
    for (const [index, one] of life.entries()) {
      if (!one.keepsName) workerId = `worker-${worker}-${index}`;
      const error = await liveOnce(one, workerId, false);
      if (error !== undefined) errors.push(error);
      await delay(choices.integer(0, 2000), { clock });
    }
  };
  const play = async () => {
    await Promise.all([
      write(schedule, direct, choices.fork(3), clock, incidents),
      ...schedule.workers.map(work),
    ]);
    for (let tries = 1;; tries++) {
      const error = await liveOnce(LAST_LIFE, "last", true);
      if (error === undefined) return;
      errors.push(error);
      if (tries === MOST_LAST_LIVES) throw error;
    }
  };
  await inTime(
    play(),
    () => ({ lives, entries: events.entries.length, counts: chain.counts }),
    60_000 * Math.max(1, 20 / speed),
  );
  await chain.proxy.drained();
  using open = await store.open();
  return {
    events,
    errors,
    leases: await open.checkpointer.list(STREAM),
    stored: await readStored(direct, STREAM, processor, clock),
    counts: chain.counts,
  };
}

/** Writes in bursts, with a client that meets no faults. */
async function write(
  schedule: ConsumerSchedule,
  client: KinesisClient,
  choices: SeededChoices,
  clock: ScaledClock,
  incidents: Incidents,
): Promise<void> {
  const producer = new Producer<Item>({
    client,
    streamName: STREAM,
    processor: processorOf(schedule.processor),
    partitionKey: "key",
    maxRecordBytes: 32 * 1024,
    lingerMs: 100,
    clock,
    random: choices.fork(1).random,
  });
  const next = itemMaker("item", choices.fork(2));
  const puts: Promise<unknown>[] = [];
  for (let n = 0; n < schedule.values; n++) {
    incidents.reached(n);
    puts.push(producer.put(next()));
    if (choices.chance(0.05)) await delay(choices.integer(0, 2500), { clock });
  }
  await producer.close();
  await Promise.all(puts);
  await incidents.done();
}
