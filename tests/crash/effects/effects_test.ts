/**
 * Processes that count values are killed with SIGKILL at random moments. In the end each value is
 * counted exactly once.
 *
 *     deno task crash:effects                     # 50 kills for each store, and figures
 *     deno task crash:effects --kills=200 --seed=7
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { parseArgs } from "node:util";
import { KinesisServer } from "../../../testing/mod.ts";
import { hasPostgres, startPostgres } from "../../_services/postgres.ts";
import { Program } from "../../_services/program.ts";
import { ScaledClock } from "../../chaos/scaled_clock.ts";
import { SeededChoices } from "../../chaos/seeded_choices.ts";
import { Writer } from "../writer.ts";
import type { Job } from "./child.ts";
import { openStore, type StoreName, STORES } from "./stores.ts";

const { kills, seed, store, verbose } = parseArgs({
  args: Deno.args,
  options: {
    kills: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    store: { type: "string", multiple: true, default: [...STORES] },
    verbose: { type: "boolean", default: false },
  },
}).values;

/** Server and consumers run so many times as fast as real time. */
const SPEED = 20;
const FAILOVER_MS = 30_000;
const VALUES_PER_SECOND = 1500;
const VALUES_PER_LIFE = 400;
/** A process is killed at a random moment of this time after its first commit, in milliseconds. */
const MOST_MS = 120;
const CHILD = new URL("child.ts", import.meta.url);

async function play(name: StoreName, place: string): Promise<void> {
  const choices = new SeededChoices(Number(seed));
  const server = new KinesisServer({
    clock: new ScaledClock(SPEED),
    limits: false,
    logLimit: 0,
  });
  const writer = new Writer(server, choices.fork(1), VALUES_PER_SECOND);
  const listener = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
    // The body of a request ends early if its process is killed.
    onError: () => new Response(null, { status: 500 }),
  }, server.fetch);
  const start = (life: number, isLast: boolean) => {
    const job: Job = {
      ...{
        store: name,
        place,
        isLast,
        speed: SPEED,
        failoverTimeMs: FAILOVER_MS,
      },
      endpoint: `http://127.0.0.1:${listener.addr.port}`,
      workerId: choices.chance(0.8) ? "worker" : `worker-${life}`,
      seed: Number(seed) * 1000 + life,
    };
    return new Program({ args: ["-A", CHILD.pathname, JSON.stringify(job)] });
  };
  for (let life = 1; life <= Number(kills); life++) {
    writer.allow(VALUES_PER_LIFE);
    await using child = start(life, false);
    await child.until(({ length }) => length > 0);
    await delay(choices.integer(0, MOST_MS));
    if (choices.chance(0.4)) writer.reshard();
  }
  await writer.end();
  await using last = start(Number(kills) + 1, true);
  assertEquals(await last.end(), 0);
  const opened = await openStore(name, place);
  assertEquals(await opened.counts(), writer.written);
  await opened.close();
  if (verbose) {
    const total = [...writer.written.values()].reduce((a, b) => a + b, 0);
    console.log(
      `${name}: ${kills} kills, ${total} values, ${writer.reshards} reshards`,
    );
  }
  await listener.shutdown();
  server.close();
}

for (const name of store as StoreName[]) {
  if (!STORES.includes(name)) {
    throw new RangeError(
      `There is no store "${name}": the stores are ${STORES.join(", ")}`,
    );
  }
  if (name === "postgres" && !await hasPostgres()) continue;
  Deno.test(`Effects in ${name} are there exactly once when the process that stores them is killed ${kills} times, seed ${seed}`, async () => {
    if (name === "postgres") {
      await using postgres = await startPostgres();
      return await play(name, postgres.url);
    }
    const folder = await Deno.makeTempDir();
    try {
      await play(name, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
