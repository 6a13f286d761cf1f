/**
 * A worker in a process of its own. It loads its modules, prints a line, waits for its job on
 * stdin, and reads until it is killed or gets SIGTERM.
 *
 * @module
 */
import { Redis } from "ioredis";
import { delay } from "../../../_core/clock.ts";
import {
  type Checkpointer,
  RedisCheckpointer,
} from "../../../checkpoint/mod.ts";
import { CheckpointError, Consumer, KinesisClient } from "../../../mod.ts";
import { json } from "../../../processors/mod.ts";
import { ScaledClock } from "../../chaos/scaled_clock.ts";
import { SeededChoices } from "../../chaos/seeded_choices.ts";
import type { Item } from "../items.ts";
import { NOT_STORED } from "../job.ts";
import { FLEET_NAME, FLEET_STREAM, type FleetJob } from "./job.ts";
import { FleetLog, machineNow, watchStalls } from "./log.ts";
import { logged } from "./logged_checkpointer.ts";

/** How long values take that take time, in milliseconds. */
const MOST_WORK_MS = 3;

/** Reads until SIGTERM. */
async function run(job: FleetJob): Promise<void> {
  using log = new FleetLog(job.logPath);
  const endWatch = watchStalls((at, ms) =>
    log.write({ type: "stall", at, ms })
  );
  const redis = new Redis({ port: job.redisPort, retryStrategy: () => 20 });
  // A connection that breaks rejects the calls too.
  redis.on("error", () => {});
  try {
    await read(job, log, new RedisCheckpointer({ redis, name: FLEET_NAME }));
  } finally {
    redis.disconnect();
    endWatch();
  }
}

async function read(
  job: FleetJob,
  log: FleetLog,
  checkpointer: Checkpointer,
): Promise<void> {
  const choices = new SeededChoices(job.seed);
  const consumer = new Consumer<Item>({
    client: new KinesisClient({
      endpoint: job.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    }),
    streamName: FLEET_STREAM,
    processor: json<Item>(),
    checkpointer: logged(checkpointer, log),
    workerId: job.workerId,
    failoverTimeMs: job.failoverTimeMs,
    clock: new ScaledClock(job.speed),
    random: choices.random,
  });
  Deno.addSignalListener("SIGTERM", () => {
    log.write({ type: "closing", at: machineNow() });
    // A failure rejects process() too.
    consumer.close().catch(() => {});
  });
  console.log("working");
  await consumer.process(async (record, { fencingToken }) => {
    if (choices.chance(0.02)) await delay(choices.integer(0, MOST_WORK_MS));
    const session = fencingToken!.counter;
    log.write({ type: "value", at: machineNow(), id: record.id, session });
  }, { ordering: job.ordering });
}

console.log("ready");
try {
  await run(JSON.parse(await new Response(Deno.stdin.readable).text()));
  Deno.exit(0);
} catch (error) {
  console.error(error);
  Deno.exit(error instanceof CheckpointError ? NOT_STORED : 1);
}
