/**
 * Runs workers of the Kinesis Client Library for Java and consumers of this library on one lease
 * table and one stream, and passes the leases between them: by a fair share, by a kill, by a
 * graceful end and through a reshard. Fails if a value is lost. Takes about two minutes of real
 * time. Needs Java 17 and Maven.
 *
 *     deno run -A tests/interop/kcl/run_beside.ts
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { KinesisClient } from "../../../client/mod.ts";
import { Consumer } from "../../../consumer.ts";
import { kplString } from "../../../processors/mod.ts";
import { Producer } from "../../../producer.ts";
import { KinesisServer } from "../../../testing/mod.ts";
import { CREDENTIALS, Tables } from "../../checkpoint/_dynamodb_fixtures.ts";
import { here, installKcl, KCL } from "./install.ts";
import { answersOf } from "./java_output.ts";

const STREAM = "orders";
const TABLE = "billing";
const FAILOVER_MS = 3000;
const SHARDS = 4;

/** All values that were read, with how often, and the owners of the leases. */
class Beside {
  readonly server = new KinesisServer();
  readonly tables: Tables;
  readonly classPath: string;
  readonly endpoint: string;
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;
  readonly #producer: Producer<string>;
  /** How often each value was read, by the kind of worker. */
  readonly read = {
    kcl: new Map<string, number>(),
    ours: new Map<string, number>(),
  };
  #written = 0;

  constructor(tables: Tables, classPath: string) {
    this.tables = tables;
    this.classPath = classPath;
    this.server.createStream(STREAM, { shards: SHARDS });
    this.#listener = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      this.server.fetch,
    );
    this.endpoint = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#producer = new Producer<string>({
      client: this.client(),
      streamName: STREAM,
      processor: kplString({ maxAggregateBytes: 500 }),
    });
  }

  client(): KinesisClient {
    const { endpoint } = this;
    return new KinesisClient({ endpoint, credentials: CREDENTIALS });
  }

  /** Writes values of 40 keys. */
  async write(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => {
      const n = this.#written++;
      const partitionKey = `key ${n % 40}`;
      return this.#producer.put(`value ${n}`, { partitionKey });
    }));
  }

  note(by: "kcl" | "ours", value: string): void {
    const read = this.read[by];
    read.set(value, (read.get(value) ?? 0) + 1);
  }

  /** The number of unfinished shards of each worker. */
  async owners(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const row of Object.values(await this.tables.rows(TABLE))) {
      if (row.checkpoint.S === "SHARD_END") continue;
      const owner = row.leaseOwner?.S ?? "nobody";
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    return counts;
  }

  /**
   * Writes until each of these workers has leases and no other worker has any, and waits until all
   * values are read. How many leases each has is printed only: the KCL counts finished shards.
   */
  async until(what: string, ...workers: string[]): Promise<void> {
    const started = Date.now();
    let owners: Record<string, number> = {};
    do {
      const seconds = (Date.now() - started) / 1000;
      assert(seconds < 90, `${what}: the owners are ${JSON.stringify(owners)}`);
      await this.write(100);
      await pause(250);
      owners = await this.owners().catch(() => ({}));
    } while (Object.keys(owners).sort().join() !== workers.sort().join());
    const owned = Date.now();
    while (this.missing.length > 0) {
      await pause(100);
      const seconds = (Date.now() - owned) / 1000;
      assert(seconds < 60, `${what}: not read ${this.missing.slice(0, 9)}`);
    }
    const { kcl, ours } = this.read;
    console.log(
      `${what}: ${((owned - started) / 1000).toFixed(1)} s, ${
        JSON.stringify(owners)
      }; ` +
        `${this.#written} values written, the KCL has read ${kcl.size}, we ${ours.size}, ` +
        `${this.repeated} of them again`,
    );
  }

  /** The values that no worker has read. */
  get missing(): string[] {
    const { kcl, ours } = this.read;
    return Array.from({ length: this.#written }, (_, n) => `value ${n}`)
      .filter((value) => !kcl.has(value) && !ours.has(value));
  }

  /** How many values were read too often. */
  get repeated(): number {
    const { kcl, ours } = this.read;
    const reads = [...kcl.values(), ...ours.values()].reduce(
      (a, b) => a + b,
      0,
    );
    return reads - (this.#written - this.missing.length);
  }

  async close(): Promise<void> {
    await this.#producer.close();
    await this.#listener.shutdown();
    this.server.close();
  }
}

/** A worker of the KCL in a process of its own. */
class KclWorker {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(beside: Beside, name: string) {
    const { classPath, endpoint, tables } = beside;
    this.#process = new Deno.Command("java", {
      args: [
        ...["-cp", classPath, here("Worker.java"), endpoint, tables.endpoint],
        ...[STREAM, TABLE, name, `${FAILOVER_MS}`],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read(beside);
  }

  async #read(beside: Beside): Promise<void> {
    for await (const line of answersOf(this.#process.stdout)) {
      const [kind, , , , value] = line.split("\t");
      if (kind === "record") beside.note("kcl", value!);
      if (kind === "closed" || kind === "late") {
        console.log(`the graceful end of the KCL: ${kind}`);
      }
    }
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.stdin.close().catch(() => {});
    await this.#process.status;
    await this.#reading;
  }

  /** Ends the worker gracefully: it gives its leases back. */
  async close(): Promise<void> {
    await this.#process.stdin.close();
    const { success } = await this.#process.status;
    assert(success, "the worker of the KCL ends gracefully");
    await this.#reading;
  }
}

/** A consumer of this library. */
class OurWorker {
  readonly #consumer: Consumer<string>;
  readonly #working: Promise<void>;

  constructor(beside: Beside, workerId: string) {
    this.#consumer = new Consumer<string>({
      client: beside.client(),
      streamName: STREAM,
      processor: kplString(),
      checkpointer: beside.tables.open(TABLE, { createTable: true }),
      workerId,
      failoverTimeMs: FAILOVER_MS,
    });
    this.#working = this.#work(beside);
  }

  async #work(beside: Beside): Promise<void> {
    for await (const { value } of this.#consumer) beside.note("ours", value);
  }

  async close(): Promise<void> {
    await this.#consumer.close();
    await this.#working;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function run(beside: Beside): Promise<void> {
  const first = new KclWorker(beside, "kcl-1");
  await beside.until("a KCL alone", "kcl-1");
  const ours = new OurWorker(beside, "ours-1");
  await beside.until("we share with it", "kcl-1", "ours-1");
  await first.kill();
  await beside.until("the KCL is killed", "ours-1");
  const second = new KclWorker(beside, "kcl-2");
  await beside.until("a KCL shares with us", "kcl-2", "ours-1");
  for (const shardId of Object.keys(await beside.tables.rows(TABLE))) {
    beside.server.split(STREAM, shardId);
  }
  await beside.until("every shard is split", "kcl-2", "ours-1");
  await ours.close();
  await beside.until("we end gracefully", "kcl-2");
  const third = new OurWorker(beside, "ours-2");
  await beside.until("we share again", "kcl-2", "ours-2");
  await second.close();
  await beside.until("the KCL ends gracefully", "ours-2");
  await third.close();
  assertEquals(beside.missing, []);
}

if (import.meta.main) {
  const classPath = await installKcl();
  await using tables = await Tables.start();
  const beside = new Beside(tables, classPath);
  try {
    await run(beside);
  } finally {
    await beside.close();
  }
  console.log(`no value is lost between the KCL ${KCL} and us`);
}
