/**
 * A stream at work, for pictures: writers that prefer some keys, and three workers.
 *
 * @module
 */
import { Registry } from "prom-client";
import { delay } from "@std/async/delay";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { prometheusHooks } from "../../metrics/mod.ts";
import { bytes } from "../../processors/mod.ts";
import type { KinesisServer } from "../../testing/mod.ts";

const HASH_KEYS = 2 ** 128;
const WORKERS = 3;
const WRITE_MS = 250;
const RECORD_BYTES = 4_000;
/** Where the keys are that are written most: their place, their width and their records a second. */
const PEAKS = [
  [0.305, 0.05, 430],
  [0.56, 0.03, 150],
  [0.72, 0.09, 120],
  [0.1, 0.1, 60],
] as const;

/** Runs the workers until the signal aborts. */
export async function startWorkers(
  server: KinesisServer,
  streamName: string,
  signal: AbortSignal,
): Promise<{ urls: string[]; ended: Promise<unknown> }> {
  const checkpointer = new MemoryCheckpointer();
  const endings: Promise<unknown>[] = [];
  const urls = [];
  for (let i = 0; i < WORKERS; i++) {
    const registry = new Registry();
    const hooks = prometheusHooks(registry);
    const client = new KinesisClient({ ...server.connection, hooks });
    const consumer = new Consumer({
      ...{ client, streamName, checkpointer, hooks, processor: bytes() },
      from: "LATEST",
      failoverTimeMs: 3_000,
    });
    // The last worker is slower than what is written.
    const pauseMs = i === WORKERS - 1 ? 60 : 0;
    const processing = consumer.process(async () => {
      if (pauseMs > 0) await delay(pauseMs);
    });
    const endpoint = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async () => new Response(await registry.metrics()),
    );
    urls.push(`http://127.0.0.1:${endpoint.addr.port}/metrics`);
    signal.addEventListener("abort", () => {
      endings.push(consumer.close(), endpoint.shutdown(), processing);
    });
    await consumer.ready;
  }
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve())
  );
  return { urls, ended: stopped.then(() => Promise.allSettled(endings)) };
}

/** Writes until the signal aborts. */
export async function write(
  server: KinesisServer,
  StreamName: string,
  signal: AbortSignal,
): Promise<void> {
  const client = new KinesisClient(server.connection);
  const Data = crypto.getRandomValues(new Uint8Array(RECORD_BYTES));
  for (let turn = 0; !signal.aborted; turn++) {
    const swing = 1 + 0.25 * Math.sin(turn / 18) + 0.08 * Math.sin(turn / 3);
    const Records = PEAKS.flatMap(([place, width, rate], peak) => {
      const count = Math.round(rate * swing * WRITE_MS / 1_000);
      return Array.from({ length: count }, (_, i) => ({
        ...{ Data, PartitionKey: `${peak}-${i}` },
        ExplicitHashKey: hashKeyAt(place + width * spread(turn * 7 + i)),
      }));
    });
    await client.putRecords({ StreamName, Records }, { maxAttempts: 1 })
      .catch(() => {});
    await delay(WRITE_MS);
  }
}

/** Numbers from -1 to 1, mostly near 0, the same in each run. */
function spread(i: number): number {
  const random = (seed: number) =>
    Math.abs(Math.sin(seed * 78.233) * 43_758) % 1;
  return random(i) + random(i + 0.5) - 1;
}

function hashKeyAt(place: number): string {
  const bounded = Math.min(0.999_999, Math.max(0, place));
  return BigInt(Math.floor(bounded * HASH_KEYS)).toString();
}
