/**
 * The table of a {@linkcode SqlCheckpointer}.
 *
 * @module
 */
import { SharedCall } from "../_core/shared_call.ts";
import { systemClock } from "../_core/clock.ts";
import type { SqlDriver } from "./_sql_connection.ts";
import { COLUMNS } from "./_sql_rows.ts";

/**
 * The statement that creates the table. The same for SQLite and PostgreSQL.
 *
 * `holder_counter` is the counter when the owner took the lease. `effects` is the last value whose
 * effects were committed.
 */
function definitionOf(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  name TEXT NOT NULL,
  stream TEXT NOT NULL,
  shard TEXT NOT NULL,
  format INTEGER NOT NULL,
  owner TEXT,
  counter BIGINT NOT NULL,
  holder_counter BIGINT,
  checkpoint TEXT NOT NULL,
  parent_shard_ids TEXT NOT NULL,
  starting_sequence_number TEXT,
  starting_hash_key TEXT,
  ending_hash_key TEXT,
  requested_by TEXT,
  load TEXT,
  effects TEXT,
  PRIMARY KEY (name, stream, shard)
)`;
}

/** The columns that a new row leaves empty. */
const FURTHER_COLUMNS = ["holder_counter", "requested_by", "load", "effects"];

/** The code of PostgreSQL for a table that does not exist. */
const UNDEFINED_TABLE = "42P01";
/**
 * Codes of PostgreSQL when two sessions create the table at once: a unique index of the catalog was
 * violated, or the table, or the type of its rows, exists already.
 */
const CREATED_TWICE = new Set(["23505", "42P07", "42710"]);

/** Makes sure that the table exists, once. */
export class SqlTable {
  readonly #driver: SqlDriver;
  readonly #ready: SharedCall<void>;
  #isReady = false;

  /** Does nothing before {@linkcode SqlTable.ready}. `table` must be a checked name. */
  constructor(driver: SqlDriver, table: string, createTable: boolean) {
    this.#driver = driver;
    this.#ready = new SharedCall(async () => {
      if (!await this.#exists(table, createTable)) await this.#create(table);
      this.#isReady = true;
    }, systemClock);
  }

  /** Resolves when the table exists, or need not be created. */
  async ready(signal?: AbortSignal): Promise<void> {
    if (!this.#isReady) await this.#ready.run(signal);
  }

  /**
   * Asks first: creating a table needs a permission, also if it exists. Rejects if a column is
   * missing, or if the table is and must not be created.
   */
  async #exists(table: string, mayBeMissing: boolean): Promise<boolean> {
    const columns = ["name", "stream", "shard", ...COLUMNS, ...FURTHER_COLUMNS];
    try {
      await this.#driver.run(
        `SELECT ${columns.join(", ")} FROM ${table} WHERE 1 = 0`,
        [],
      );
      return true;
    } catch (error) {
      if (mayBeMissing && isMissing(error)) return false;
      throw error;
    }
  }

  async #create(table: string): Promise<void> {
    try {
      await this.#driver.run(definitionOf(table), []);
    } catch (error) {
      if (!CREATED_TWICE.has(codeOf(error))) throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === UNDEFINED_TABLE ||
    error instanceof Error && error.message.startsWith("no such table");
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}
