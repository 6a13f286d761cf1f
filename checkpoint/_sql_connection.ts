/**
 * The connection that the application has to its database. It has types of its own, because this
 * module imports no driver.
 *
 * @module
 */
import { TurnLock } from "../_core/turn_lock.ts";
import type { OptionCheck } from "../_core/option_check.ts";

/** A database of `node:sqlite` (`DatabaseSync`) or of `npm:better-sqlite3`. */
export interface SqliteConnection {
  /** Prepares a statement. */
  // deno-lint-ignore no-explicit-any -- The drivers have different types of parameters.
  prepare(text: string): { all(...values: any[]): unknown };
  /** Runs statements without parameters. */
  exec(text: string): unknown;
}

/** The `sql` function of `npm:postgres`. */
export interface PostgresConnection {
  /** Runs a statement with parameters. Resolves with its rows. */
  // deno-lint-ignore no-explicit-any -- The driver has a type of its own for parameters.
  unsafe(text: string, values?: any[]): PromiseLike<unknown>;
  /** Runs a function within a transaction. */
  // deno-lint-ignore no-explicit-any -- The function gets the driver's own type of transaction.
  begin(work: (sql: any) => any): Promise<unknown>;
}

/** A client of a `Pool` of `npm:pg`. */
export interface PgPoolClient {
  /** Runs a statement with parameters. */
  // deno-lint-ignore no-explicit-any -- The driver has a type of its own for parameters.
  query(text: string, values?: any[]): Promise<unknown>;
  /** Gives the client back. With an error, its connection is closed. */
  // deno-lint-ignore no-explicit-any -- Versions of the driver have different types.
  release(error?: any): void;
  /** Listens for the loss of the connection. */
  // deno-lint-ignore no-explicit-any -- The driver has overloads.
  on(event: "error", listener: (error: any) => void): unknown;
  /** Listens no more. */
  // deno-lint-ignore no-explicit-any -- The driver has overloads.
  off(event: "error", listener: (error: any) => void): unknown;
}

/** A `Pool` of `npm:pg`. */
export interface PgPool {
  /** Runs a statement with parameters. */
  // deno-lint-ignore no-explicit-any -- The driver has a type of its own for parameters.
  query(text: string, values?: any[]): Promise<{ rows: unknown[] }>;
  /** Takes a client out of the pool. */
  connect(): Promise<PgPoolClient>;
  /** The number of clients: distinguishes a pool from a client. */
  readonly totalCount: number;
}

/** A connection that a {@linkcode SqlCheckpointer} can use. */
export type SqlConnection = SqliteConnection | PostgresConnection | PgPool;

/** What a transaction of this connection is, for the application. */
export type SqlTransaction<C> = C extends PostgresConnection
  // Its last parameter: `begin` has overloads.
  // deno-lint-ignore no-explicit-any -- Any function.
  ? Parameters<Extract<Parameters<C["begin"]>[number], (sql: any) => any>>[0]
  : C extends PgPool ? Awaited<ReturnType<C["connect"]>>
  : C;

/** A row of an answer. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs one statement. Its parameters are `$1`, `$2` and so on. */
export type RunSql = (
  text: string,
  values: readonly unknown[],
) => Promise<readonly SqlRow[]>;

/** A connection, without the differences of the drivers. */
export interface SqlDriver {
  /** The dialect of its database. */
  readonly dialect: "sqlite" | "postgres";
  /** Runs a statement by itself. */
  readonly run: RunSql;
  /** Runs `work` within a transaction, which is rolled back if it rejects. */
  transaction<R>(work: (open: OpenTransaction) => Promise<R>): Promise<R>;
}

/** A transaction that has begun. */
export interface OpenTransaction {
  /** Runs a statement in it. */
  readonly run: RunSql;
  /** What the application uses. */
  readonly handle: unknown;
  /** Whether it is still open, as far as that is known without a request. */
  isOpen(): boolean;
}

/**
 * The driver of a connection.
 *
 * @throws {TypeError} if it is none of the known ones
 */
export function driverOf(
  check: OptionCheck,
  connection: SqlConnection,
): SqlDriver {
  // The function `sql` of npm:postgres is a function with methods.
  if (has(connection, "prepare", "exec")) return new SqliteDriver(connection);
  if (has(connection, "unsafe", "begin")) return new PostgresDriver(connection);
  if (has(connection, "query", "connect") && "totalCount" in connection) {
    return new PgDriver(connection as PgPool);
  }
  throw new TypeError(
    check.refusal(
      "'connection' must be a DatabaseSync of node:sqlite, a database of npm:better-sqlite3, " +
        "the function of npm:postgres, or a Pool of npm:pg",
    ),
  );
}

function has<M extends string>(
  value: unknown,
  ...methods: M[]
): value is Record<M, (...args: never[]) => never> {
  const isObject = typeof value === "object" && value !== null ||
    typeof value === "function";
  return isObject &&
    methods.every((name) =>
      typeof (value as Record<string, unknown>)[name] === "function"
    );
}

/** Where the transaction of SQLite was begun: it is gone when the transaction has ended. */
const MARK = "webstreams_kinesis_commit";

/**
 * One connection for all statements: while a transaction is open, the others wait. A statement waits
 * for one transaction at most, because renewals of leases must not wait for the transactions of all
 * shards.
 */
class SqliteDriver implements SqlDriver {
  readonly dialect = "sqlite";
  readonly #database: SqliteConnection;
  readonly #lock = new TurnLock();
  /** One transaction at a time stands in line for the lock. */
  readonly #transactions = new TurnLock();

  constructor(database: SqliteConnection) {
    this.#database = database;
  }

  readonly run: RunSql = (text, values) =>
    this.#lock.run(() => this.#run(text, values));

  transaction<R>(work: (open: OpenTransaction) => Promise<R>): Promise<R> {
    return this.#transactions.run(() =>
      this.#lock.run(() => this.#transact(work))
    );
  }

  async #transact<R>(work: (open: OpenTransaction) => Promise<R>): Promise<R> {
    // Takes the lock of the file now: a transaction that reads first cannot wait for it later.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      this.#database.exec(`SAVEPOINT ${MARK}`);
      const result = await work({
        run: (text, values) => this.#run(text, values),
        handle: this.#database,
        isOpen: () => this.#hasMark(),
      });
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        this.#database.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
  }

  #hasMark(): boolean {
    try {
      this.#database.exec(`RELEASE ${MARK}`);
      this.#database.exec(`SAVEPOINT ${MARK}`);
      return true;
    } catch {
      return false;
    }
  }

  // Async, so that what the driver throws becomes a rejection.
  async #run(
    text: string,
    values: readonly unknown[],
  ): Promise<readonly SqlRow[]> {
    const statement = this.#database.prepare(text.replace(/\$(\d+)/g, "?$1"));
    return await statement.all(...values) as SqlRow[];
  }
}

class PostgresDriver implements SqlDriver {
  readonly dialect = "postgres";
  readonly #sql: PostgresConnection;

  constructor(sql: PostgresConnection) {
    this.#sql = sql;
  }

  readonly run: RunSql = (text, values) => runOn(this.#sql, text, values);

  async transaction<R>(
    work: (open: OpenTransaction) => Promise<R>,
  ): Promise<R> {
    return await this.#sql.begin((sql: PostgresConnection) =>
      work({
        run: (text, values) => runOn(sql, text, values),
        handle: sql,
        isOpen: () => true,
      })
    ) as R;
  }
}

async function runOn(
  sql: PostgresConnection,
  text: string,
  values: readonly unknown[],
): Promise<readonly SqlRow[]> {
  return await sql.unsafe(text, [...values]) as readonly SqlRow[];
}

class PgDriver implements SqlDriver {
  readonly dialect = "postgres";
  readonly #pool: PgPool;

  constructor(pool: PgPool) {
    this.#pool = pool;
  }

  readonly run: RunSql = async (text, values) =>
    (await this.#pool.query(text, [...values])).rows as SqlRow[];

  async transaction<R>(
    work: (open: OpenTransaction) => Promise<R>,
  ): Promise<R> {
    const client = await this.#pool.connect();
    let lost: unknown;
    // Without a listener, the loss of the connection would end the process.
    const onError = (error: unknown) => lost = error;
    client.on("error", onError);
    const run: RunSql = async (text, values) => {
      const { rows } = await client.query(text, [...values]) as {
        rows: SqlRow[];
      };
      return rows;
    };
    try {
      await client.query("BEGIN");
      const result = await work({ run, handle: client, isOpen: () => !lost });
      await client.query("COMMIT");
      return result;
    } catch (error) {
      // What cannot be rolled back is not given to other code: a broken connection has no
      // transaction any more.
      await client.query("ROLLBACK").catch((failure) => lost ??= failure);
      throw error;
    } finally {
      client.off("error", onError);
      client.release(lost);
    }
  }
}
