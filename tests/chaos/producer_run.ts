/**
 * Runs a schedule of a producer, and collects the receipts, errors and dead letters of all values.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { Producer, type ProducerStats } from "../../producer.ts";
import type { FailedValue, PutReceipt } from "../../records.ts";
import { inTime, startChain } from "./chain.ts";
import { SeededChoices } from "./seeded_choices.ts";
import { startIncidents } from "./incidents.ts";
import { type Item, itemMaker } from "./items.ts";
import { processorOf } from "./processors.ts";
import type { ProducerSchedule } from "./producer_schedule.ts";
import { ScaledClock } from "./scaled_clock.ts";
import { readStored, type StoredShard } from "./stored.ts";
import { directClient, startTarget } from "./target.ts";
import { AcknowledgedRecords } from "./acknowledged_records.ts";

/** A value that was put, with its receipt or error. */
export interface PutOutcome {
  readonly item: Item;
  readonly receipt?: PutReceipt;
  readonly error?: unknown;
}

/** The result of a schedule. */
export interface ProducerOutcome {
  /** The values that the pipe took from its source, in order. */
  readonly piped: readonly Item[];
  readonly puts: readonly PutOutcome[];
  readonly dead: readonly FailedValue<Item>[];
  readonly undelivered: readonly FailedValue<Item>[];
  /** The error of closing, if it failed. */
  readonly error: unknown;
  readonly stats: ProducerStats;
  readonly stored: readonly StoredShard<Item>[];
  /** The positions of records whose acknowledgement reached the client. */
  readonly acknowledged: ReadonlySet<string>;
  readonly counts: Readonly<Record<string, number>>;
}

const StreamName = "chaos";

/** Runs a schedule. */
export async function runProducer(
  schedule: ProducerSchedule,
  speed: number,
): Promise<ProducerOutcome> {
  const clock = new ScaledClock(speed);
  const choices = new SeededChoices(schedule.seed).fork(10);
  await using target = await startTarget(schedule.emulator, clock);
  const direct = directClient(target.endpoint, clock);
  await direct.createStream({ StreamName, ShardCount: schedule.shards });
  await direct.waitUntilActive({ StreamName });
  const acknowledgements = new AcknowledgedRecords();
  await using chain = await startChain({
    target: target.endpoint,
    clock,
    choices: choices.fork(1),
    rules: schedule.rules,
    wire: schedule.wire,
    actions: ["PutRecords", "ListShards"],
    watch: (fetch) => acknowledgements.watch(fetch),
  });
  const dead: FailedValue<Item>[] = [];
  const letterChoices = choices.fork(6);
  let writing: Promise<void> | undefined;
  let isOver = false;
  const stop = new AbortController();
  const processor = processorOf(schedule.processor);
  const producer = new Producer<Item>({
    client: chain.client,
    streamName: StreamName,
    processor,
    partitionKey: "key",
    ...schedule.options,
    deadLetter: schedule.deadLetter
      ? new WritableStream({
        async write(failed) {
          if (isOver) return;
          writing = delay(letterChoices.integer(0, 300), { clock });
          await writing;
          dead.push(failed);
        },
      })
      : undefined,
    signal: stop.signal,
    clock,
    random: choices.fork(2).random,
  });
  const incidents = startIncidents(schedule.incidents, {
    client: direct,
    streamName: StreamName,
    proxy: chain.proxy,
    clock,
  });
  const putting = put(schedule, producer, choices.fork(3), clock);
  const piped: Item[] = [];
  const next = itemMaker("pipe", choices.fork(4), schedule.oversized);
  const pace = choices.fork(5);
  const source = new ReadableStream<Item>({
    async pull(controller) {
      if (piped.length === schedule.piped) {
        // All puts must be issued before the pipe closes the producer.
        await putting.issued;
        return controller.close();
      }
      incidents.reached(piped.length);
      if (schedule.end === "abort" && schedule.endAt === piped.length) {
        stop.abort(new Error("Enough"));
      }
      if (pace.chance(0.04)) await delay(pace.integer(0, 1500), { clock });
      const item = next();
      piped.push(item);
      controller.enqueue(item);
    },
  }, { highWaterMark: 0 });
  const ended = source.pipeTo(producer, { preventClose: choices.chance(0.5) })
    .then(() => producer.close())
    .then(() => undefined, (error) => error);
  const describe = () => ({ ...producer.stats(), counts: chain.counts });
  const limitMs = 40_000 * Math.max(1, 20 / speed);
  const error = await inTime(ended, describe, limitMs);
  const puts = await inTime(putting.done, describe, limitMs);
  await incidents.done();
  await chain.proxy.drained();
  const outcome: ProducerOutcome = {
    piped,
    puts,
    dead: [...dead],
    error,
    undelivered: producer.undelivered(),
    stats: producer.stats(),
    stored: await readStored(direct, StreamName, processor, clock),
    acknowledged: acknowledgements.acknowledged,
    counts: chain.counts,
  };
  // A producer that is aborted does not wait for its letters longer than `abortTimeoutMs`.
  isOver = true;
  await writing;
  return outcome;
}

/** Puts values in bursts. `issued` resolves after the last call, `done` after the last answer. */
function put(
  schedule: ProducerSchedule,
  producer: Producer<Item>,
  choices: SeededChoices,
  clock: ScaledClock,
): { issued: Promise<void>; done: Promise<PutOutcome[]> } {
  const next = itemMaker("put", choices.fork(1), schedule.oversized);
  const outcomes: Promise<PutOutcome>[] = [];
  const issue = async () => {
    while (outcomes.length < schedule.put) {
      const burst = choices.integer(1, Math.min(30, schedule.put));
      for (let i = 0; i < burst && outcomes.length < schedule.put; i++) {
        const item = next();
        outcomes.push(
          producer.put(item, { partitionKey: item.key }).then(
            (receipt) => ({ item, receipt }),
            (error) => ({ item, error }),
          ),
        );
      }
      const pause = choices.random();
      // flush() of a failed producer rejects. The puts report their failures themselves.
      if (pause < 0.2) await producer.flush().catch(() => {});
      else if (pause < 0.4) await Promise.all(outcomes);
      else await delay(choices.integer(0, 3000), { clock });
    }
  };
  const issued = issue();
  return { issued, done: issued.then(() => Promise.all(outcomes)) };
}
