import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import postgres from "postgres";
import { SqlCheckpointer, type SqlConnection } from "../../checkpoint/mod.ts";
import { KinesisError, StoredLeaseError } from "../../errors.ts";
import { hasPostgres, startPostgres } from "../_services/postgres.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import { held, STREAM } from "../conformance/checkpointer/fixtures.ts";
import { World } from "../consumer/_world.ts";

checkpointerSuite("SqlCheckpointer on SQLite in memory", () => {
  const connection = new DatabaseSync(":memory:");
  return {
    open: (name) => new SqlCheckpointer({ connection, name }),
    close: () => connection.close(),
  };
});

/** With a write-ahead log that is not waited for, because 3000 single writes take half a minute. */
function openFile(path: string): DatabaseSync {
  const connection = new DatabaseSync(path);
  connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  return connection;
}

checkpointerSuite("SqlCheckpointer on a file of SQLite", async () => {
  const directory = await Deno.makeTempDir();
  const connections: DatabaseSync[] = [];
  let opened = 0;
  return {
    open(name) {
      // Several connections, as several processes have.
      const index = opened++ % 5;
      const connection = connections[index] ??
        openFile(`${directory}/leases.sqlite3`);
      connections[index] = connection;
      return new SqlCheckpointer({ connection, name });
    },
    async close() {
      for (const connection of connections) connection.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}, { modelRuns: 10 });

if (await hasPostgres()) {
  const server = await startPostgres();
  let tables = 0;
  let stores = 0;

  /** Stores of different names in one table, over the same connections. */
  const suite = (driver: string, connections: readonly SqlConnection[]) =>
    checkpointerSuite(`SqlCheckpointer on PostgreSQL with ${driver}`, () => {
      const store = stores++;
      let opened = 0;
      return {
        open: (name) => {
          const connection = connections[opened++ % connections.length]!;
          return new SqlCheckpointer({ connection, name: `${store}-${name}` });
        },
      };
    }, { modelRuns: 10 });

  const functions = [1, 2, 3].map(() =>
    postgres(server.url, { max: 2, onnotice: () => {} })
  );
  // All connections are opened now: a test must not leave one behind.
  const sleep = "SELECT pg_sleep(0.2)";
  await Promise.all(
    functions.flatMap((sql) => [sql.unsafe(sleep), sql.unsafe(sleep)]),
  );
  suite("npm:postgres", functions);
  const pool = new pg.Pool({
    connectionString: server.url,
    max: 3,
    idleTimeoutMillis: 0,
  });
  await Promise.all([1, 2, 3].map(() => pool.query(sleep)));
  suite("npm:pg", [pool]);
  Deno.test.afterAll(async () => {
    await Promise.all([pool, ...functions].map((it) => it.end()));
    await server.close();
  });

  Deno.test("SqlCheckpointer on PostgreSQL creates its table once, though many begin at the same time, and needs no permission for one that exists", async () => {
    const admin = postgres(server.url, { onnotice: () => {} });
    const table = `leases_${tables++}`;
    const many = Array.from(
      { length: 8 },
      () => postgres(server.url, { max: 1, onnotice: () => {} }),
    );
    const checkpointers = many.map((connection) =>
      new SqlCheckpointer({ connection, name: "app", table })
    );
    assertEquals(
      await Promise.all(checkpointers.map((it) => it.list(STREAM))),
      many.map(() => []),
    );
    await admin.unsafe(`CREATE ROLE reader_${table} LOGIN`);
    await admin.unsafe(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
    await admin.unsafe(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO reader_${table}`,
    );
    const reader = postgres(server.url.replace("test@", `reader_${table}@`), {
      onnotice: () => {},
    });
    const checkpointer = new SqlCheckpointer({
      connection: reader,
      name: "app",
      table,
    });
    await held(checkpointer);
    const other = new SqlCheckpointer({
      connection: reader,
      name: "app",
      table: "missing",
    });
    await assertRejects(() => other.list(STREAM), Error, "permission denied");
    await Promise.all([admin, reader, ...many].map((sql) => sql.end()));
  });
}

Deno.test("SqlCheckpointer refuses bad options when it is constructed", () => {
  const connection = new DatabaseSync(":memory:");
  const cases: [object, string][] = [
    [{ name: "app" }, "'connection' must be a DatabaseSync of node:sqlite"],
    [{ connection: {}, name: "app" }, "'connection' must be"],
    [{ connection: new pg.Client(), name: "app" }, "a Pool of npm:pg"],
    [{ connection, name: "" }, "'name' must be a text of 1 to 256 characters"],
    [
      { connection, name: "app", table: "a b" },
      "'table' must be a name of letters",
    ],
    [{ connection, name: "app", table: "a;DROP TABLE b" }, "'table' must be"],
    [{ connection, name: "app", table: "a.b.c" }, "'table' must be"],
    [
      { connection, name: "app", createTable: 1 },
      "'createTable' must be true or false",
    ],
  ];
  for (const [options, message] of cases) {
    const make = () => new SqlCheckpointer(options as never);
    assertThrows(make, Error, message);
  }
  connection.close();
});

Deno.test("SqlCheckpointer without createTable says that the table is missing", async () => {
  const connection = new DatabaseSync(":memory:");
  const checkpointer = new SqlCheckpointer({
    connection,
    name: "app",
    createTable: false,
  });
  await assertRejects(
    () => checkpointer.list(STREAM),
    Error,
    "no such table: kinesis_leases",
  );
  connection.close();
});

for (
  const [what, columns, message] of [
    ["without the column 'load'", "PRIMARY KEY (name, stream, shard)", "load"],
    ["without a key", "load TEXT", "ON CONFLICT clause does not match"],
    [
      "whose key has no stream",
      "load TEXT, PRIMARY KEY (name, shard)",
      "ON CONFLICT clause does not match",
    ],
  ] as const
) {
  Deno.test(`SqlCheckpointer refuses a table ${what}, and a consumer fails at once`, async () => {
    const world = new World();
    const connection = new DatabaseSync(":memory:");
    connection.exec(`CREATE TABLE kinesis_leases (
      name TEXT, stream TEXT, shard TEXT, format INTEGER, owner TEXT,
      counter BIGINT, holder_counter BIGINT, checkpoint TEXT,
      parent_shard_ids TEXT, starting_sequence_number TEXT,
      starting_hash_key TEXT, ending_hash_key TEXT, requested_by TEXT,
      effects TEXT, ${columns})`);
    const checkpointer = new SqlCheckpointer({ connection, name: "app" });
    const consumer = world.consumer({ checkpointer });
    const error = await assertRejects(
      () => world.run(consumer.ready),
      KinesisError,
      message,
    );
    assertEquals(
      [error.code, error.retryable],
      ["CheckpointStoreRefused", false],
    );
    await world.run(consumer.close());
    connection.close();
  });
}

Deno.test("SqlCheckpointer rejects rows that are damaged or of a newer release, and changes nothing", async () => {
  const connection = new DatabaseSync(":memory:");
  const checkpointer = new SqlCheckpointer({ connection, name: "app" });
  await held(checkpointer);
  for (
    const [column, value, code] of [
      ["checkpoint", "{", "LeaseDamaged"],
      ["counter", -1, "LeaseDamaged"],
      ["parent_shard_ids", "7", "LeaseDamaged"],
      ["format", 2, "LeaseFormatTooNew"],
    ] as const
  ) {
    connection.prepare("SAVEPOINT damage").run();
    connection.prepare(`UPDATE kinesis_leases SET ${column} = ?`).run(value);
    const error = await assertRejects(
      () => checkpointer.list(STREAM),
      StoredLeaseError,
    );
    assertEquals(error.code, code);
    connection.exec("ROLLBACK TO damage; RELEASE damage");
  }
  connection.close();
});

Deno.test("SqlCheckpointer waits for another connection that writes to the file, and gives up after some seconds", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/leases.sqlite3`;
  const other = new DatabaseSync(path, { timeout: 0 });
  const connection = new DatabaseSync(path, { timeout: 0 });
  const checkpointer = new SqlCheckpointer({ connection, name: "app" });
  const lease = await held(checkpointer);
  other.exec("BEGIN IMMEDIATE");
  const renewing = checkpointer.renew(lease);
  await new Promise((resolve) => setTimeout(resolve, 20));
  other.exec("COMMIT");
  assertEquals((await renewing)?.counter, 2);
  other.exec("BEGIN IMMEDIATE");
  const aborting = new AbortController();
  const never = checkpointer.renew(lease, { signal: aborting.signal });
  aborting.abort(new Error("enough"));
  await assertRejects(() => never, Error, "enough");
  other.exec("ROLLBACK");
  for (const database of [connection, other]) database.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("SqlConnection is what the drivers have", () => {
  // Checked by the compiler.
  const connections: SqlConnection[] = [];
  assert(() =>
    connections.push(new DatabaseSync(":memory:"), postgres(), new pg.Pool())
  );
});
