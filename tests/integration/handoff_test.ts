/**
 * Three workers in processes of their own share the shards of a stream. One gets SIGTERM.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { KvCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { serveInMemory } from "../examples/deployment/in_memory.ts";
import { Program } from "../_services/program.ts";
import type { Processed } from "./handoff_worker.ts";

const WORKER = new URL("./handoff_worker.ts", import.meta.url).pathname;
const SHARDS = 6;
/**
 * Without a handoff, the leases of the worker would expire after 10 seconds. A busy machine starts
 * processes and timers late. tests/consumer/handoff_test.ts has the exact bound, on virtual time.
 */
const LONGEST_GAP_MS = 8000;

const processedBy = ({ lines }: Program): Processed[] =>
  lines.map((line) => JSON.parse(line));

/** Writes values into all shards until it is stopped, and resolves with their number. */
function write(client: KinesisClient) {
  const encoder = new TextEncoder();
  let isStopped = false;
  const done = (async () => {
    let count = 0;
    while (!isStopped) {
      const Records = Array.from({ length: 2 * SHARDS }, () => ({
        Data: encoder.encode(`${count}`),
        PartitionKey: `key-${count++}`,
      }));
      await client.putRecords({ StreamName: "orders", Records });
      await new Promise((go) => setTimeout(go, 250));
    }
    return count;
  })();
  return {
    stop: () => {
      isStopped = true;
      return done;
    },
  };
}

Deno.test("Of three processes one gets SIGTERM: the others go on with its shards, and no value is processed twice", async () => {
  await using kinesis = serveInMemory("orders", SHARDS);
  const client = new KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    endpoint: kinesis.endpoint,
  });
  const directory = await Deno.makeTempDir();
  const path = `${directory}/leases.sqlite3`;
  using kv = await Deno.openKv(path);
  const checkpointer = new KvCheckpointer({ kv, name: "billing" });
  assertEquals(await checkpointer.list("orders"), []); // creates the file
  const start = (workerId: string) =>
    new Program({
      args: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"]
        .concat(WORKER, workerId, kinesis.endpoint, path),
    });
  const writing = write(client);
  await using first = start("first");
  await using second = start("second");
  await using third = start("third");
  const workers = [first, second, third];
  const shardsOf = async (workerId: string) =>
    (await checkpointer.list("orders"))
      .filter(({ owner }) => owner === workerId)
      .map(({ shardId }) => shardId);
  const share = async (shards: number, workerIds: readonly string[]) => {
    const held = await Promise.all(workerIds.map(shardsOf));
    return held.every(({ length }) => length === shards);
  };
  await until(() => share(2, ["first", "second", "third"]));
  await until(() => workers.every(({ lines }) => lines.length > 0));
  const shards = await shardsOf("first");
  const stoppedAt = Date.now();
  assertEquals(await first.stop("SIGTERM"), 0);
  for (const shardId of shards) {
    const next = () =>
      [second, third].flatMap(processedBy).find((it) =>
        it.shardId === shardId && it.at > stoppedAt
      );
    await until(() => next() !== undefined);
    const gapMs = next()!.at - stoppedAt;
    assert(gapMs < LONGEST_GAP_MS, `${shardId} was not read for ${gapMs} ms`);
  }
  await until(() => share(3, ["second", "third"]));
  const written = await writing.stop();
  const all = () => workers.flatMap(processedBy).map(({ value }) => value);
  await until(() => new Set(all()).size === written);
  assertEquals(await second.stop("SIGTERM"), 0);
  assertEquals(await third.stop("SIGTERM"), 0);
  assertEquals(all().length, written, "values were processed twice");
  await Deno.remove(directory, { recursive: true });
});

/** Resolves when a condition is met. Fails after a minute. */
async function until(isMet: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!await isMet()) {
    assert(Date.now() < end, "The condition is not met after a minute");
    await new Promise((go) => setTimeout(go, 50));
  }
}
