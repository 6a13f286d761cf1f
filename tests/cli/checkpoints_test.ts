import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import {
  type Checkpointer,
  DynamoDBCheckpointer,
  KvCheckpointer,
  RedisCheckpointer,
  SqlCheckpointer,
} from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { kplString, string } from "../../processors/mod.ts";
import { startDynalite } from "../_services/dynalite.ts";
import { hasPostgres, startPostgres } from "../_services/postgres.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import { LIBRARIES } from "../checkpoint/_redis_fixtures.ts";
import { inFolder, putAll } from "./_copied.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };

/** A stream with two shards, of which a consumer has processed three records. */
async function processed(
  kinesis: FakeTerminalKinesis,
  checkpointer: Checkpointer,
): Promise<void> {
  const { server } = kinesis;
  server.createStream("orders", { shards: 2 });
  await putAll(kinesis, "orders", [["a", "1"], ["b", "2"], ["c", "3"]]);
  await readAll(kinesis, checkpointer);
}

async function readAll(
  { server }: FakeTerminalKinesis,
  checkpointer: Checkpointer,
): Promise<string[]> {
  const values: string[] = [];
  const consumer = new Consumer({
    client: new KinesisClient(server.connection),
    streamName: "orders",
    processor: string(),
    checkpointer,
    until: "caught-up",
  });
  for await (const { value } of consumer) values.push(value);
  return values.sort();
}

/** Runs all commands on a store, and a consumer between them. */
async function useStore(
  checkpointer: Checkpointer,
  options: readonly string[],
): Promise<void> {
  await using kinesis = new FakeTerminalKinesis();
  await processed(kinesis, checkpointer);
  const run = (name: string, ...more: string[]) =>
    kinesis.run(["checkpoints", name, "orders", ...options, ...more]);
  const status = await run("status", "--json");
  assertEquals([status.code, status.notes], [0, "No worker is running"]);
  assertEquals(status.lines.map((line) => JSON.parse(line).state), [
    "free",
    "free",
  ]);
  const none = await run("lag", "--json", "--max=5m");
  assertEquals([none.code, none.notes], [0, ""]);
  assertEquals(none.lines.map((line) => JSON.parse(line).lagMs), [0, 0]);
  const plan = await run("reset", "--to=oldest", "--dry-run");
  assertEquals(plan.code, 0);
  assertMatch(plan.lines[1]!, /^shardId-0{12} +reset +\d+ +oldest$/);
  assertEquals(await readAll(kinesis, checkpointer), []);
  const reset = await run("reset", "--to=oldest", "--yes");
  assertEquals([reset.code, reset.notes], [0, "2 shards reset"]);
  assertEquals(await readAll(kinesis, checkpointer), ["1", "2", "3"]);
}

Deno.test("checkpoints uses SQLite", async () => {
  await inFolder(async (folder) => {
    const connection = new DatabaseSync(`${folder}/app.db`);
    const options = { connection, name: "app", table: "my_leases" };
    await useStore(new SqlCheckpointer(options), [
      `--store=sqlite:${folder}/app.db`,
      ...["--name=app", "--table=my_leases"],
    ]);
    connection.close();
  });
});

Deno.test("checkpoints uses Deno KV", async () => {
  await inFolder(async (folder) => {
    const kv = await Deno.openKv(`${folder}/app.kv`);
    await useStore(new KvCheckpointer({ kv, name: "app" }), [
      `--store=kv:${folder}/app.kv`,
      "--name=app",
    ]);
    kv.close();
  });
});

Deno.test("checkpoints uses DynamoDB", async () => {
  await using dynalite = await startDynalite();
  const { endpoint } = dynalite;
  const checkpointer = new DynamoDBCheckpointer({
    ...{ tableName: "leases", region: "us-east-1", multiStream: true },
    ...{ endpoint, credentials, createTable: true },
  });
  await useStore(checkpointer, [
    ...["--store=dynamodb:leases", "--multi-stream"],
    ...[`--store-endpoint=${endpoint}`, "--no-coordinator"],
  ]);
});

if (await hasRedis()) {
  Deno.test("checkpoints uses Redis", async () => {
    await using server = await startRedis();
    const { redis, close } = await LIBRARIES.ioredis!(server.port);
    await useStore(new RedisCheckpointer({ redis, name: "app" }), [
      `--store=${server.url}`,
      "--name=app",
    ]);
    await close();
  });
}

if (await hasPostgres()) {
  Deno.test("checkpoints uses PostgreSQL", async () => {
    await using server = await startPostgres();
    const connection = postgres(server.url, { max: 1, onnotice: () => {} });
    await useStore(new SqlCheckpointer({ connection, name: "app" }), [
      `--store=${server.url}`,
      "--name=app",
    ]);
    await connection.end();
  });
}

/** Calls `work` with a store in a file, and the options that name it. */
async function withSqlite(
  work: (
    checkpointer: Checkpointer,
    options: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const connection = new DatabaseSync(`${folder}/app.db`);
    const checkpointer = new SqlCheckpointer({ connection, name: "app" });
    await work(checkpointer, [`--store=sqlite:${folder}/app.db`, "--name=app"]);
    connection.close();
  });
}

Deno.test("checkpoints lag is the age of the oldest record that is not processed, and --max makes it fail", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  await withSqlite(async (checkpointer, options) => {
    await processed(kinesis, checkpointer);
    await putAll(kinesis, "orders", [["a", "late"]]);
    server.advance(300_000);
    await putAll(kinesis, "orders", [["a", "new"]]);
    const run = (...more: string[]) =>
      kinesis.run(["checkpoints", "lag", "orders", ...options, ...more]);
    const { code, lines } = await run("--json", "--max=6m");
    assertEquals(code, 0);
    const lags = lines.map((line) => JSON.parse(line).lagMs).sort();
    assertEquals(lags[0], 0);
    assert(lags[1] >= 299_000 && lags[1] < 330_000, lags.join());
    const late = await run("--max=4m");
    assertEquals(late.code, 1);
    assertMatch(
      late.notes,
      /^error: 1 shard of 2 lags? more than 4 m: shardId/,
    );
    assertMatch(late.lines.join("\n"), /free +- +(4|5) m( \d+ s)? +20\S+Z/);
  });
});

Deno.test("checkpoints lag counts the values of an aggregated record that are not processed", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  const { shardIds: [shardId] } = server.createStream("orders");
  const client = new KinesisClient(server.connection);
  const packer = kplString().createPacker({
    shardOf: () => "shard",
    emit: async ({ data: Data, partitionKey: PartitionKey }) => {
      await client.putRecord({ StreamName: "orders", PartitionKey, Data });
    },
  });
  for (const value of ["1", "2"]) packer.push({ value, partitionKey: "k" });
  await packer.flush();
  while (server.records("orders").length === 0) {
    await new Promise((go) => setTimeout(go));
  }
  const { sequenceNumber } = server.records("orders")[0]!;
  server.advance(60_000);
  await withSqlite(async (checkpointer, options) => {
    for (
      const [subSequenceNumber, isLate] of [[0, true], [1, false]] as const
    ) {
      const type = "SEQUENCE" as const;
      const [stored] = await checkpointer.list("orders");
      if (stored) await checkpointer.delete(stored);
      await checkpointer.create({
        ...{ streamName: "orders", shardId: shardId!, parentShardIds: [] },
        checkpoint: { type, sequenceNumber, subSequenceNumber },
      });
      const { code } = await kinesis.run(
        ["checkpoints", "lag", "orders", ...options, "--max=30s"],
      );
      assertEquals(code, isLate ? 1 : 0);
    }
  });
});

Deno.test("checkpoints shows running workers, and resets only with --force while they run", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  await withSqlite(async (checkpointer, options) => {
    await processed(kinesis, checkpointer);
    const values: string[] = [];
    const all = Promise.withResolvers<void>();
    const consumer = new Consumer({
      client: new KinesisClient(server.connection),
      ...{ streamName: "orders", processor: string(), checkpointer },
      ...{ workerId: "one", failoverTimeMs: 1_000 },
    });
    const working = consumer.process(({ value }) => {
      if (values.push(value) === 3) all.resolve();
    });
    await consumer.ready;
    const run = (name: string, ...more: string[]) =>
      kinesis.run(
        ["checkpoints", name, "orders", ...options, "--failover=1s", ...more],
      );
    const status = await run("status");
    assertEquals([status.code, status.notes], [0, ""]);
    assertMatch(status.lines[1]!, /^shardId-0{12} +held +one +\d+/);
    assertEquals(status.lines.slice(-2), ["WORKER  LEASES", "one     2"]);
    const refused = await run("reset", "--to=oldest", "--yes");
    assertEquals(refused.code, 1);
    assertMatch(refused.notes, /while workers hold leases: .* by "one"/);
    assertEquals(values, []);
    const forced = await run("reset", "--to=oldest", "--yes", "--force");
    assertEquals([forced.code, forced.notes], [0, "2 shards reset"]);
    await all.promise;
    assertEquals(values.sort(), ["1", "2", "3"]);
    await consumer.close();
    await working;
  });
});

Deno.test("checkpoints reset says that an application has no progress, as one of a misspelled name", async () => {
  await using kinesis = new FakeTerminalKinesis();
  await withSqlite(async (checkpointer, options) => {
    await processed(kinesis, checkpointer);
    const { code, notes } = await kinesis.run([
      ...["checkpoints", "reset", "orders", "--to=oldest", "--dry-run"],
      ...options.map((it) => it === "--name=app" ? "--name=typo" : it),
    ]);
    assertEquals(code, 0);
    assertMatch(notes, /has no progress of typo for orders: check the name/);
  });
});

Deno.test("checkpoints reset shows the plan and asks, and does nothing without an answer", async () => {
  await using kinesis = new FakeTerminalKinesis();
  await withSqlite(async (checkpointer, options) => {
    await processed(kinesis, checkpointer);
    const before = await checkpointer.list("orders");
    const args = ["checkpoints", "reset", "orders", ...options, "--to=oldest"];
    const no = await kinesis.run(args, { answer: false });
    assertEquals([no.code, no.lines.length], [1, 3]);
    assertEquals(no.questions, ["Change the progress of 2 shards of orders?"]);
    const refused = await kinesis.run(args);
    assertMatch(refused.notes, /There is no terminal to answer on: give --yes/);
    assertEquals(await checkpointer.list("orders"), before);
    const one = before[0]!.shardId;
    const yes = await kinesis.run([...args, "--shard", one, "--json"], {
      answer: true,
    });
    assertEquals([yes.code, yes.notes], [0, "1 shard reset"]);
    assertEquals(JSON.parse(yes.lines.at(-1)!).after, "oldest");
    const after = await checkpointer.list("orders");
    assertEquals(
      after.map(({ checkpoint }) => checkpoint.type).sort(),
      ["SEQUENCE", "TRIM_HORIZON"],
    );
  });
});

const NAME = "--name=app";
const REFUSED: [string[], number, RegExp][] = [
  [["--store=mysql://x"], 2, /It must be dynamodb:<table>, redis:/],
  [["--store=redis:x", NAME], 2, /It must be dynamodb:<table>, redis:/],
  [["--store=kv:", NAME], 2, /It must be dynamodb:<table>, redis:/],
  [["--store=kv:x"], 2, /--name is missing/],
  [["--store=dynamodb:app", NAME], 2, /the table is the application/],
  [["--store=kv:x", NAME, "--table=y"], 2, /--table is only for sqlite and/],
  [["--store=kv:x", NAME, "--multi-stream"], 2, /is only for dynamodb/],
  [["--store=kv:no-file", NAME], 1, /Cannot open no-file: /],
  [["--store=sqlite:no-file", NAME], 1, /Cannot open no-file: /],
  [["--store=sqlite:README.md", NAME], 1, /file is not a database/],
  [["--store=redis://127.0.0.1:1", NAME], 1, /Cannot connect to Redis: .*REF/],
  [
    ["--store=postgres://u:secret@127.0.0.1:1/db", NAME],
    1,
    /Cannot connect to PostgreSQL: .*REF/,
  ],
  [[], 2, /required option '--store <url>' not specified/],
];

Deno.test("checkpoints refuses stores that do not exist and options that do not fit, and creates nothing", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  for (const [args, code, message] of REFUSED) {
    const result = await kinesis.run(["checkpoints", "lag", "orders", ...args]);
    assertEquals(result.code, code, args.join(" "));
    assertMatch(result.notes, message);
    assert(!result.notes.includes("secret"));
  }
  await withSqlite(async (checkpointer, [store]) => {
    await checkpointer.list("orders");
    const args = ["checkpoints", "lag", "orders", store!, "--name=typo"];
    const { code, notes } = await kinesis.run(args);
    assertEquals(code, 1);
    assertMatch(notes, /has no progress of typo for orders: check the name/);
  });
  const none = await kinesis.run(
    ["checkpoints", "status", "none", "--store=dynamodb:app"],
  );
  assertMatch(none.notes, /Stream none .*not found/);
});

Deno.test("the drivers that the command line imports have the versions of deno.json", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const source = await Deno.readTextFile("cli/_store_drivers.ts");
  for (const name of ["postgres", "ioredis"]) {
    const [, version] = imports[name].match(/@(\^.*)$/);
    assert(source.includes(`${name}: "${version}"`));
  }
});
