/**
 * A database that a process fills as docs/exactly-once.md says: the effect of a value and its id in
 * one transaction.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Item } from "./items.ts";

/** Counts the values of each key, each value once. */
export class Table implements Disposable {
  readonly #db: DatabaseSync;
  readonly #remember;
  readonly #count;

  /** Opens the file, or creates it. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    // A killed process loses nothing without fsync. Only a machine that loses power does.
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS processed (id TEXT PRIMARY KEY);
      CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, n INTEGER);
    `);
    this.#remember = this.#db.prepare(
      "INSERT INTO processed VALUES (?) ON CONFLICT DO NOTHING",
    );
    this.#count = this.#db.prepare(
      `INSERT INTO counts VALUES (?, 1)
       ON CONFLICT (key) DO UPDATE SET n = n + 1`,
    );
  }

  /** Counts a value, unless it is counted. */
  store(id: string, { key }: Item): void {
    this.#db.exec("BEGIN");
    if (this.#remember.run(id).changes === 1) this.#count.run(key);
    this.#db.exec("COMMIT");
  }

  /** The number of values of each key. */
  counts(): Map<string, number> {
    const rows = this.#db.prepare("SELECT key, n FROM counts").all();
    return new Map(rows.map(({ key, n }) => [String(key), Number(n)]));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
