/**
 * Effects in PostgreSQL: what happens beside an open transaction, and when it is lost.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import pg from "pg";
import postgres from "postgres";
import {
  type EffectContext,
  type Lease,
  SqlCheckpointer,
  type SqlConnection,
} from "../../checkpoint/mod.ts";
import { LeaseLostError } from "../../errors.ts";
import { hasPostgres, startPostgres } from "../_services/postgres.ts";

const STREAM = "orders";
const RECORD = {
  ...{ streamName: STREAM, shardId: "a" },
  ...{ sequenceNumber: "1", subSequenceNumber: 0 },
};

/** Runs a statement in a transaction of either driver. */
type Run = (transaction: never, text: string) => Promise<unknown>;

/** A lease of the worker `one`, and the number of its effects. */
async function begin(checkpointer: SqlCheckpointer) {
  await checkpointer.create({
    ...{ streamName: STREAM, shardId: "a" },
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
  });
  const [lease] = await checkpointer.list(STREAM);
  return (await checkpointer.take(lease!, "one"))!;
}

function contextOf({ counter }: Lease): EffectContext {
  return {
    fencingToken: { owner: "one", counter },
    ordering: "shard",
    records: [RECORD],
    signal: new AbortController().signal,
  };
}

if (await hasPostgres()) {
  const server = await startPostgres();
  let names = 0;
  const drivers: Record<
    string,
    () => {
      connection: SqlConnection;
      run: Run;
      end: () => Promise<void>;
    }
  > = {
    "npm:postgres": () => {
      const sql = postgres(server.url, { max: 3, onnotice: () => {} });
      const run: Run = (transaction: typeof sql, text) =>
        transaction.unsafe(text);
      return { connection: sql, run, end: () => sql.end() };
    },
    "npm:pg": () => {
      const pool = new pg.Pool({ connectionString: server.url, max: 3 });
      const run: Run = (client: pg.PoolClient, text) => client.query(text);
      return { connection: pool, run, end: () => pool.end() };
    },
  };
  const admin = postgres(server.url, { max: 2, onnotice: () => {} });
  await admin.unsafe("CREATE TABLE effects (name TEXT)");
  Deno.test.afterAll(async () => {
    await admin.end();
    await server.close();
  });
  const effectsOf = async (name: string) =>
    (await admin.unsafe("SELECT name FROM effects WHERE name = $1", [name]))
      .length;

  for (const [driver, open] of Object.entries(drivers)) {
    const fresh = () => {
      const name = `app-${names++}`;
      const opened = open();
      const { connection } = opened;
      const checkpointer = new SqlCheckpointer({ connection, name });
      const insert = `INSERT INTO effects VALUES ('${name}')`;
      return { ...opened, name, checkpointer, insert };
    };

    Deno.test(`SqlCheckpointer.commit with ${driver} holds up neither renewals nor the next worker, and stores nothing after it`, async () => {
      const { checkpointer, run, insert, name, end } = fresh();
      const held = await begin(checkpointer);
      let next: Lease | undefined;
      await assertRejects(
        () =>
          checkpointer.commit(RECORD, contextOf(held), async (_, tx) => {
            await run(tx as never, insert);
            const renewed = await checkpointer.renew(held);
            next = await checkpointer.take(renewed!, "two");
          }),
        LeaseLostError,
      );
      assertEquals(next?.owner, "two");
      assertEquals(await effectsOf(name), 0);
      await end();
    });

    Deno.test(`SqlCheckpointer.commit with ${driver} stores its effects after renewals and a checkpoint meanwhile`, async () => {
      const { checkpointer, run, insert, name, end } = fresh();
      const held = await begin(checkpointer);
      for (let n = 0; n < 2; n++) {
        await checkpointer.commit(RECORD, contextOf(held), async (_, tx) => {
          await run(tx as never, insert);
          const renewed = await checkpointer.renew(held);
          await checkpointer.checkpoint(renewed!, {
            type: "SEQUENCE",
            sequenceNumber: "1",
          });
        });
      }
      assertEquals(await effectsOf(name), 1);
      await end();
    });

    for (const statement of ["ROLLBACK", "COMMIT"]) {
      Deno.test(`SqlCheckpointer.commit with ${driver} fails after a ${statement} of its function, and no value counts as committed`, async () => {
        const { checkpointer, run, insert, name, end } = fresh();
        const held = await begin(checkpointer);
        await assertRejects(
          () =>
            checkpointer.commit(RECORD, contextOf(held), async (_, tx) => {
              await run(tx as never, statement);
            }),
          TypeError,
          "the transaction has ended",
        );
        await checkpointer.commit(RECORD, contextOf(held), async (_, tx) => {
          await run(tx as never, insert);
        });
        assertEquals(await effectsOf(name), 1);
        await end();
      });
    }
  }

  Deno.test("SqlCheckpointer.commit with npm:pg rejects when its connection is lost, and its pool goes on", async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    pool.on("error", () => {});
    const name = `app-${names++}`;
    const checkpointer = new SqlCheckpointer({ connection: pool, name });
    const held = await begin(checkpointer);
    const insert = `INSERT INTO effects VALUES ('${name}')`;
    await assertRejects(() =>
      checkpointer.commit(RECORD, contextOf(held), async (_, client) => {
        await client.query(insert);
        const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
        const lost = new Promise((resolve) => client.once("error", resolve));
        await admin.unsafe("SELECT pg_terminate_backend($1)", [rows[0].pid]);
        await lost;
      })
    );
    await checkpointer.commit(RECORD, contextOf(held), async (_, client) => {
      await client.query(insert);
    });
    assertEquals(await effectsOf(name), 1);
    assert(pool.totalCount <= 1);
    await pool.end();
  });
}
