/**
 * The process that is killed. It loads its modules, prints a line, and waits for its job. It prints
 * another line when every way to read has processed a value.
 *
 * Every way to read has a consumer of its own, so one kill hits all ways at once.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { KvCheckpointer } from "../../checkpoint/mod.ts";
import { CheckpointError, Consumer, KinesisClient } from "../../mod.ts";
import { jsonLines } from "../../processors/mod.ts";
import { SeededChoices } from "../chaos/seeded_choices.ts";
import { ScaledClock } from "../chaos/scaled_clock.ts";
import { type Item, STREAM } from "./items.ts";
import { type Job, NOT_STORED } from "./job.ts";
import { LifeLog } from "./life_log.ts";
import { Table } from "./table.ts";
import { type Handler, WAYS } from "./ways.ts";

/** How long values take that take time, in milliseconds. */
const MOST_WORK_MS = 3;

/** Runs all ways until the end of the stream, or the end of the process. */
async function run(job: Job): Promise<void> {
  using log = new LifeLog(`${job.folder}/life-${job.life}.jsonl`);
  using kv = await Deno.openKv(`${job.folder}/checkpoints.sqlite3`);
  const waiting = new Set(job.ways);
  const onWork = (way: string) => {
    if (waiting.delete(way) && waiting.size === 0) console.log("working");
  };
  await Promise.all(job.ways.map((way, index) => {
    const choices = new SeededChoices(job.seed).fork(index);
    return runWay({ job, way, log, kv, choices, onWork });
  }));
}

async function runWay({ job, way, log, kv, choices, onWork }: {
  job: Job;
  way: string;
  log: LifeLog;
  kv: Deno.Kv;
  choices: SeededChoices;
  onWork: (way: string) => void;
}): Promise<void> {
  using table = way === job.tableOf
    ? new Table(`${job.folder}/table.sqlite3`)
    : undefined;
  const handle: Handler = async ({ id, value }) => {
    if (choices.chance(0.02)) await delay(choices.integer(0, MOST_WORK_MS));
    table?.store(id, value);
    log.write({ type: "done", way, id, item: value });
    onWork(way);
  };
  const { options, run: read } = WAYS[way]!;
  const consumer = new Consumer<Item>({
    client: new KinesisClient({
      endpoint: job.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    }),
    streamName: STREAM,
    processor: jsonLines<Item>(),
    checkpointer: logged(new KvCheckpointer({ kv, name: way }), way, log),
    workerId: job.workerId,
    checkpointIntervalMs: job.checkpointIntervalMs,
    failoverTimeMs: job.failoverTimeMs,
    clock: new ScaledClock(job.speed),
    random: choices.random,
    ...(job.isLast ? { until: "caught-up" as const } : {}),
    ...options,
  });
  await read(consumer, handle);
  await consumer.close();
}

/** Logs the checkpoints before and after they are stored. */
function logged(
  checkpointer: KvCheckpointer,
  way: string,
  log: LifeLog,
): KvCheckpointer {
  const store = checkpointer.checkpoint.bind(checkpointer);
  checkpointer.checkpoint = async (lease, checkpoint, options) => {
    const { shardId } = lease;
    log.write({ type: "storing", way, shardId, checkpoint });
    const stored = await store(lease, checkpoint, options);
    if (stored) log.write({ type: "stored", way, shardId, checkpoint });
    return stored;
  };
  return checkpointer;
}

console.log("ready");
const text = await new Response(Deno.stdin.readable).text();
try {
  await run(JSON.parse(text));
} catch (error) {
  if (!(error instanceof CheckpointError)) throw error;
  Deno.exit(NOT_STORED);
}
