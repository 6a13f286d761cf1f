/**
 * Kills a process at random moments and starts it again, while a stream is written and resharded.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { jsonLines } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { SeededChoices } from "../chaos/seeded_choices.ts";
import { ScaledClock } from "../chaos/scaled_clock.ts";
import { makeFolder } from "./folder.ts";
import { type Item, STREAM } from "./items.ts";
import { type Job, NOT_STORED } from "./job.ts";
import { type Line, readLog } from "./life_log.ts";
import { Standby } from "./process.ts";
import { Table } from "./table.ts";
import { Writer } from "./writer.ts";

/** What is killed, and how often. */
export interface CrashPlan {
  readonly seed: number;
  readonly kills: number;
  /** The names of the ways to read. */
  readonly ways: readonly string[];
}

/** The result of a plan. */
export interface CrashOutcome {
  /** The ids of all values in the stream, sorted in each shard. */
  readonly stored: ReadonlyMap<string, readonly string[]>;
  /** The number of values that were written of each key. */
  readonly written: ReadonlyMap<string, number>;
  /** The lines of each process, in the order of their lives. */
  readonly lives: readonly (readonly Line[])[];
  /** The number of values of each key in the database, which the first way fills. */
  readonly table: ReadonlyMap<string, number>;
  /** When each process was killed, in milliseconds after it got its job. */
  readonly killedAfterMs: readonly number[];
  readonly reshards: number;
}

/**
 * How many times as fast as real time server and consumers run. They wait 5 s for a subscription of
 * a killed process and 30 s for its leases; with 20 these are 0.25 s and 1.5 s.
 */
const SPEED = 20;
/** Writes of leases may take a third of this. */
const FAILOVER_MS = 30_000;
/** How often reading to the end may fail because the progress could not be stored. */
const MOST_LAST_LIVES = 5;
/** A process is killed at a random moment of this time, in real milliseconds. */
const MOST_MS = 150;
/** Values that are written in a real second. A consumer in a process of its own reads more. */
const VALUES_PER_SECOND = 1500;
/** The most values that are written while a process lives. */
const VALUES_PER_LIFE = 600;

/** Runs a plan. */
export async function runCrashes(plan: CrashPlan): Promise<CrashOutcome> {
  const folder = await makeFolder();
  try {
    await using stage = new Stage(plan, folder);
    return await stage.play();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A stream, its writer, and the processes that read it one after another. */
class Stage implements AsyncDisposable {
  readonly #plan: CrashPlan;
  readonly #folder: string;
  readonly #choices: SeededChoices;
  readonly #server = new KinesisServer({
    clock: new ScaledClock(SPEED),
    limits: false,
    logLimit: 0,
  });
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;
  readonly #writer: Writer;
  readonly #standby = new Standby();
  readonly #killedAfterMs: number[] = [];
  #workerId = "worker-1";

  constructor(plan: CrashPlan, folder: string) {
    this.#plan = plan;
    this.#folder = folder;
    this.#choices = new SeededChoices(plan.seed);
    this.#writer = new Writer(
      this.#server,
      this.#choices.fork(1),
      VALUES_PER_SECOND,
    );
    this.#listener = Deno.serve(
      {
        port: 0,
        hostname: "127.0.0.1",
        onListen: () => {},
        // The body of a request ends early if its process is killed.
        onError: () => new Response(null, { status: 500 }),
      },
      this.#server.fetch,
    );
  }

  /** Kills one process after another. The last one reads to the end of the stream. */
  async play(): Promise<CrashOutcome> {
    const { kills } = this.#plan;
    const writer = this.#writer;
    for (let life = 1; life <= kills; life++) {
      await this.#killOnce(life);
      if (this.#choices.chance(0.5)) writer.reshard();
    }
    await writer.end();
    const lives = await this.#readToEnd(kills + 1);
    const logs = Array.from({ length: lives }, (_, index) => index + 1)
      .map((life) => readLog(`${this.#folder}/life-${life}.jsonl`));
    return {
      stored: await idsOf(this.#server),
      written: writer.written,
      lives: await Promise.all(logs),
      table: countsIn(this.#folder),
      killedAfterMs: this.#killedAfterMs,
      reshards: writer.reshards,
    };
  }

  /** Starts processes until one has read to the end and stored that. Returns the last life. */
  async #readToEnd(life: number): Promise<number> {
    for (;; life++) {
      await using child = this.#standby.take();
      await child.start(this.#job(life));
      const code = await child.ended();
      if (code === 0) return life;
      assertEquals(code, NOT_STORED);
      assert(life < this.#plan.kills + MOST_LAST_LIVES);
    }
  }

  async #killOnce(life: number): Promise<void> {
    const choices = this.#choices;
    // Under a new name, a worker waits until the leases of the dead one have expired.
    if (choices.chance(0.1)) this.#workerId = `worker-${life}`;
    this.#writer.allow(VALUES_PER_LIFE);
    await using child = this.#standby.take();
    await child.start(this.#job(life));
    const started = performance.now();
    // A fifth of the processes is killed while they start, take leases and make iterators.
    if (choices.chance(0.8)) await child.working();
    await delay(choices.integer(0, MOST_MS));
    await child.kill();
    this.#killedAfterMs.push(Math.round(performance.now() - started));
  }

  #job(life: number): Job {
    const { ways, kills, seed } = this.#plan;
    return {
      endpoint: `http://127.0.0.1:${this.#listener.addr.port}`,
      folder: this.#folder,
      life,
      ways,
      tableOf: ways[0]!,
      workerId: this.#workerId,
      seed: seed + life,
      checkpointIntervalMs: this.#choices.pick([20, 200, 1000]),
      failoverTimeMs: FAILOVER_MS,
      speed: SPEED,
      isLast: life > kills,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.end();
    await this.#standby[Symbol.asyncDispose]();
    await this.#listener.shutdown();
  }
}

/** The ids of the values of each shard. */
async function idsOf(server: KinesisServer): Promise<Map<string, string[]>> {
  const ids = new Map<string, string[]>();
  const decoder = jsonLines<Item>().decoder();
  const writer = decoder.writable.getWriter();
  const writing = (async () => {
    for (const record of server.records(STREAM)) await writer.write(record);
    await writer.close();
  })();
  for await (const { id, shardId } of decoder.readable) {
    const of = ids.get(shardId);
    if (of) of.push(id);
    else ids.set(shardId, [id]);
  }
  await writing;
  return ids;
}

function countsIn(folder: string): Map<string, number> {
  using table = new Table(`${folder}/table.sqlite3`);
  return table.counts();
}
