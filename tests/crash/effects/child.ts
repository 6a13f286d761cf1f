/**
 * A process that counts values until it is killed, or has read to the end. The argument is JSON.
 * Prints a line when it has counted its first values.
 *
 * @module
 */
import { Consumer, KinesisClient } from "../../../mod.ts";
import { jsonLines } from "../../../processors/mod.ts";
import { ScaledClock } from "../../chaos/scaled_clock.ts";
import { SeededChoices } from "../../chaos/seeded_choices.ts";
import { type Item, STREAM } from "../items.ts";
import { openStore, type StoreName } from "./stores.ts";

/** What a process does. */
export interface Job {
  readonly store: StoreName;
  readonly place: string;
  readonly endpoint: string;
  readonly workerId: string;
  readonly seed: number;
  readonly speed: number;
  readonly failoverTimeMs: number;
  readonly isLast: boolean;
}

if (import.meta.main) {
  const job: Job = JSON.parse(Deno.args[0]!);
  const choices = new SeededChoices(job.seed);
  const store = await openStore(job.store, job.place);
  const consumer = new Consumer<Item>({
    client: new KinesisClient({
      endpoint: job.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    }),
    streamName: STREAM,
    processor: jsonLines<Item>(),
    checkpointer: store.checkpointer,
    workerId: job.workerId,
    failoverTimeMs: job.failoverTimeMs,
    // Sometimes no checkpoint is stored: the position of the effects alone prevents repetition.
    checkpointIntervalMs: choices.chance(0.5) ? 500 : Infinity,
    clock: new ScaledClock(job.speed),
    random: choices.random,
    ...(job.isLast && { until: "caught-up" as const }),
  });
  let hasCounted = false;
  await consumer.processBatches(async (records, context) => {
    await store.count(records, context);
    if (!hasCounted) console.log("counted");
    hasCounted = true;
  }, { maxValues: choices.integer(1, 40), maxWaitMs: 100 });
  await store.close();
}
