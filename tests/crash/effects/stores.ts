/**
 * The stores that keep effects and checkpoints together: each counts the values of each key.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import {
  type Checkpointer,
  type EffectContext,
  KvCheckpointer,
  SqlCheckpointer,
} from "../../../checkpoint/mod.ts";
import type { ConsumerRecord } from "../../../records.ts";
import type { Item } from "../items.ts";

/** The names of the stores. */
export const STORES = ["sqlite", "postgres", "kv"] as const;

/** The name of a store. */
export type StoreName = typeof STORES[number];

/** An open store. */
export interface Store {
  readonly checkpointer: Checkpointer;
  /** Counts values, and stores their position in the same transaction. */
  count(
    records: readonly ConsumerRecord<Item>[],
    context: EffectContext,
  ): Promise<void>;
  /** The number of values of each key. */
  counts(): Promise<Map<string, number>>;
  close(): Promise<void>;
}

const CREATE =
  "CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, n BIGINT NOT NULL)";
const NAME = "counts";

/** Opens a store. `place` is a folder, or the URL of PostgreSQL. */
export function openStore(store: StoreName, place: string): Promise<Store> {
  if (store === "sqlite") return Promise.resolve(openSqlite(place));
  return store === "postgres" ? openPostgres(place) : openKv(place);
}

function openSqlite(folder: string): Store {
  const connection = new DatabaseSync(`${folder}/counts.sqlite3`, {
    timeout: 5000,
  });
  connection.exec(`PRAGMA journal_mode = WAL; ${CREATE}`);
  const checkpointer = new SqlCheckpointer({ connection, name: NAME });
  return {
    checkpointer,
    count: (records, context) =>
      checkpointer.commit(records, context, (fresh, db) => {
        const add = db.prepare(
          "INSERT INTO counts VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET n = n + excluded.n",
        );
        for (const [key, n] of countsOf(fresh)) add.run(key, n);
      }),
    counts: () =>
      Promise.resolve(
        new Map(
          connection.prepare("SELECT key, n FROM counts").all()
            .map(({ key, n }) => [`${key}`, Number(n)]),
        ),
      ),
    close: () => Promise.resolve(connection.close()),
  };
}

async function openPostgres(url: string): Promise<Store> {
  const sql = postgres(url, { onnotice: () => {}, max: 4 });
  await sql.unsafe(CREATE).catch((error) => {
    if (error.code !== "23505") throw error; // another process has created it at the same moment
  });
  const checkpointer = new SqlCheckpointer({ connection: sql, name: NAME });
  return {
    checkpointer,
    count: (records, context) =>
      checkpointer.commit(records, context, async (fresh, tx) => {
        for (const [key, n] of countsOf(fresh)) {
          await tx`INSERT INTO counts VALUES (${key}, ${n})
            ON CONFLICT (key) DO UPDATE SET n = counts.n + excluded.n`;
        }
      }),
    async counts() {
      const rows = await sql`SELECT key, n FROM counts`;
      return new Map(rows.map(({ key, n }) => [key, Number(n)]));
    },
    close: () => sql.end(),
  };
}

async function openKv(folder: string): Promise<Store> {
  const kv = await Deno.openKv(`${folder}/counts.kv`);
  const checkpointer = new KvCheckpointer({ kv, name: NAME });
  return {
    checkpointer,
    count: (records, context) =>
      checkpointer.commit(records, context, async (fresh, atomic) => {
        for (const [key, n] of countsOf(fresh)) {
          const stored = await kv.get<number>(["counts", key]);
          atomic.check(stored).set(stored.key, (stored.value ?? 0) + n);
        }
      }),
    async counts() {
      const counts = new Map<string, number>();
      for await (
        const { key, value } of kv.list<number>({ prefix: ["counts"] })
      ) {
        counts.set(String(key[1]), value);
      }
      return counts;
    },
    close: () => Promise.resolve(kv.close()),
  };
}

function countsOf(
  records: readonly ConsumerRecord<Item>[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value: { key } } of records) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
