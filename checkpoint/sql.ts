/**
 * A checkpointer in a table of SQLite or PostgreSQL, over the connection of the application.
 *
 * @module
 */
import { type Clock, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { retry } from "../_core/retry.ts";
import type { Checkpoint } from "../records.ts";
import { applicationName } from "./_application_name.ts";
import {
  type EffectContext,
  type EffectRecord,
  effectsMoved,
  placeOf,
} from "./_effects.ts";
import {
  driverOf,
  type SqlConnection,
  type SqlDriver,
  type SqlRow,
  type SqlTransaction,
} from "./_sql_connection.ts";
import { storeEffects } from "./_sql_effects.ts";
import { decodeRow } from "./_sql_rows.ts";
import {
  checkpointing,
  creating,
  deleting,
  type HeldLease,
  listing,
  releasing,
  renewing,
  replacing,
  requesting,
  type SqlTarget,
  type Statement,
  taking,
} from "./_sql_statements.ts";
import { SqlTable } from "./_sql_table.ts";
import { orRefusal } from "./_store_refusal.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "./checkpointer.ts";

/** Options of {@linkcode SqlCheckpointer}. */
export interface SqlCheckpointerOptions<C extends SqlConnection> {
  /**
   * A `DatabaseSync` of `node:sqlite`, a database of `npm:better-sqlite3`, the function `sql` of
   * `npm:postgres`, or a `Pool` of `npm:pg`. The caller opens and closes it.
   */
  connection: C;
  /**
   * The name of the application, 1 to 256 characters. Consumers with the same name and table share
   * the shards of a stream. Consumers with different names each read the whole stream.
   */
  name: string;
  /**
   * The table: letters, digits and `_`, after the schema and a dot if it is in one.
   * @default {"kinesis_leases"}
   */
  table?: string;
  /**
   * Whether a missing table is created before the first call.
   * @default {true}
   */
  createTable?: boolean;
  /** Times the waits for other processes that write to the file. Default: the runtime's clock. */
  clock?: Clock;
  /**
   * Spreads those waits: a number from 0 to below 1.
   * @default {Math.random}
   */
  random?: () => number;
}

const check = new OptionCheck("Cannot create SqlCheckpointer");
const TABLE = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/i;
/** Most attempts of a write while another process locks the file: about 4 seconds in all. */
const LOCK_ATTEMPTS = 100;
const LOCK_BACKOFF = { baseMs: 2, maxMs: 50 };
/** Most transactions of a commit whose position another commit of the same call has moved. */
const MAX_COMMITS = 5;
/** Rolls back a transaction that may be tried again. */
const MOVED = new Error("The position has moved");

/**
 * Keeps leases in one table of a database, one row for each shard. Every write is one statement with
 * a condition, which the database runs atomically.
 *
 * Durability: that of the database. With the defaults of PostgreSQL, a write that has resolved is on
 * its disk. SQLite on a file survives the end of the process; `PRAGMA synchronous = FULL` (its
 * default) also the loss of power. One machine for SQLite, any number for PostgreSQL.
 *
 * {@linkcode SqlCheckpointer.commit} stores the effects of values in the same transaction as their
 * position, so each value has its effects exactly once.
 *
 * @example Counts that are exact, also after a crash
 * ```ts
 * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
 * import { SqlCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 * import { DatabaseSync } from "node:sqlite";
 *
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const { fetch } = new KinesisServer();
 * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch });
 * const orders = { client, streamName: "orders", processor: json<number>() };
 * const producer = new Producer({ ...orders, createStream: { shardCount: 1 } });
 * for (let i = 1; i <= 10; i++) producer.put(i, { partitionKey: "k" });
 * await producer.close();
 *
 * const connection = new DatabaseSync(":memory:");
 * connection.exec("CREATE TABLE totals (total INTEGER); INSERT INTO totals VALUES (0)");
 * const checkpointer = new SqlCheckpointer({ connection, name: "totals" });
 * const consumer = new Consumer({ ...orders, checkpointer, until: "caught-up" });
 * await consumer.processBatches((records, context) =>
 *   checkpointer.commit(records, context, (fresh, db) => {
 *     const add = db.prepare("UPDATE totals SET total = total + ?");
 *     for (const { value } of fresh) add.run(value);
 *   })
 * );
 * assertEquals(connection.prepare("SELECT total FROM totals").get()?.total, 55);
 * connection.close();
 * ```
 */
export class SqlCheckpointer<C extends SqlConnection = SqlConnection>
  implements Checkpointer {
  readonly #driver: SqlDriver;
  readonly #target: SqlTarget;
  readonly #tableState: SqlTable;
  readonly #clock: Clock;
  readonly #random: () => number;

  /**
   * Makes a checkpointer; nothing is read or written yet.
   *
   * @throws {TypeError} if an option has a wrong type
   * @throws {RangeError} if `name` is not 1 to 256 characters, or `table` is not a name
   */
  constructor(options: SqlCheckpointerOptions<C>) {
    check.object("options", options ?? null, [
      "connection",
      "name",
      "table",
      "createTable",
      "clock",
      "random",
    ]);
    const { connection, name, table = "kinesis_leases" } = options;
    this.#driver = driverOf(check, connection);
    if (typeof table !== "string" || !TABLE.test(table)) {
      const rule =
        "a name of letters, digits and _, such as kinesis_leases or app.leases";
      throw new RangeError(check.message("table", rule, table));
    }
    this.#target = { table, name: applicationName(check, name) };
    const createTable = check.type(
      "createTable",
      options.createTable,
      "boolean",
    );
    this.#tableState = new SqlTable(this.#driver, table, createTable ?? true);
    this.#clock = check.methods("clock", options.clock, "setTimeout") ??
      systemClock;
    this.#random = check.type("random", options.random, "function") ??
      Math.random;
  }

  /**
   * All leases of a stream, as they are at one moment.
   *
   * @throws {StoredLeaseError} if a row is damaged or was written by a newer release
   */
  async list(
    streamName: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease[]> {
    const rows = await this.#run(listing(this.#target, streamName), options);
    return rows.map((row) => decodeRow(row, this.#target.table));
  }

  /**
   * Stores a lease if there is none for that shard. Resolves with whether it did.
   *
   * @throws {TypeError} if the lease has an empty id or a checkpoint that is not one
   */
  async create(
    lease: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const rows = await this.#run(creating(this.#target, lease), options);
    return rows.length > 0;
  }

  /**
   * Makes `owner` the holder. Resolves with the stored lease, or with `undefined` if its counter
   * has moved.
   *
   * @throws {TypeError} if the owner is empty
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#write(taking(this.#target, lease, owner), options);
  }

  /**
   * Adds 1 to the counter. Resolves with the stored lease, or with `undefined` if the lease is
   * lost.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#writeHeld(
      lease,
      (held) => renewing(this.#target, held, options),
      options,
    );
  }

  /**
   * Sets the checkpoint. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {TypeError} if the checkpoint is not one, for example has an invalid date
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#writeHeld(
      lease,
      (held) => checkpointing(this.#target, held, checkpoint, options),
      options,
    );
  }

  /**
   * Removes the owner. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#writeHeld(
      lease,
      (held) => releasing(this.#target, held),
      options,
    );
  }

  /**
   * Asks the holder for the lease, or withdraws that. Resolves with the stored lease, or with
   * `undefined` if its owner or requester is another one.
   *
   * @throws {TypeError} if the requester is empty
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#writeHeld(
      lease,
      (held) => requesting(this.#target, held, requester),
      options,
    );
  }

  /**
   * Replaces the lease by another one if its counter has not moved, and forgets which effects were
   * committed. Resolves with whether it did.
   *
   * @throws {TypeError} if `next` has a checkpoint that is not one
   */
  async replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const rows = await this.#run(replacing(this.#target, lease, next), options);
    return rows.length > 0;
  }

  /** Deletes the lease if its counter has not moved. Resolves with whether it did. */
  async delete(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const rows = await this.#run(deleting(this.#target, lease), options);
    return rows.length > 0;
  }

  /**
   * Stores the effects of values and the position of the last value in one transaction. `work` gets
   * the values whose effects are not committed yet, and the transaction: the database of SQLite, the
   * `sql` of `npm:postgres`, or the client of `npm:pg`. If there are no such values, it is not
   * called.
   *
   * If another worker has taken the lease since the handler was called, the transaction is rolled
   * back. So each value has its effects exactly once, whenever a process dies, and whichever worker
   * it is read by.
   *
   * The values of a shard must be processed in order: `ordering: "shard"`, the default of {@linkcode
   * Consumer.processBatches}. A part of a batch is committed from its first value on.
   *
   * With SQLite, all other statements of this checkpointer wait until the transaction has ended, and
   * so do all other writers to the file. So `work` must not wait for anything but the database, and
   * must end within a sixth of `failoverTimeMs`; use the connection for nothing else meanwhile. With
   * PostgreSQL, the row of the lease is not locked while `work` runs.
   *
   * `work` must not commit or roll back the transaction. If one of its statements fails, it must
   * throw: the statement may have rolled the transaction back.
   *
   * @param records the values that the handler got, or the first ones of them
   * @param context the context that the handler got
   * @throws {LeaseLostError} if another worker has the lease; nothing is stored then
   * @throws {TypeError} if `work` has ended the transaction, if a record is not one of the call, if
   * an earlier value of the call is left out, or if `ordering` is not `"shard"`
   */
  async commit<R extends EffectRecord>(
    records: R | readonly R[],
    context: EffectContext,
    work: (fresh: R[], transaction: SqlTransaction<C>) => unknown,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<void> {
    const all = Array.isArray(records) ? records as R[] : [records as R];
    const place = placeOf(all, context, work);
    signal?.throwIfAborted();
    await this.#tableState.ready(signal);
    const commit = {
      target: this.#target,
      dialect: this.#driver.dialect,
      records: all,
      work: (fresh: R[], transaction: unknown) =>
        work(fresh, transaction as SqlTransaction<C>),
      ...{ place, context, signal },
    };
    for (let tries = 1; tries <= MAX_COMMITS; tries++) {
      try {
        return await this.#whenUnlocked(
          signal,
          () =>
            this.#driver.transaction(async (open) => {
              if (!await storeEffects(open, commit)) throw MOVED;
            }),
        );
      } catch (error) {
        if (error !== MOVED) throw error;
      }
    }
    throw effectsMoved(place, MAX_COMMITS);
  }

  /** A write of the holder. Without an owner it is refused. */
  async #writeHeld(
    lease: Lease,
    statementOf: (held: HeldLease) => Statement,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const { owner } = lease;
    options?.signal?.throwIfAborted();
    if (owner === undefined) return undefined;
    return await this.#write(statementOf({ ...lease, owner }), options);
  }

  async #write(
    statement: Statement,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const [row] = await this.#run(statement, options);
    return row && decodeRow(row, this.#target.table);
  }

  async #run(
    { text, values }: Statement,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<readonly SqlRow[]> {
    signal?.throwIfAborted();
    return await orRefusal(`the table ${this.#target.table}`, async () => {
      await this.#tableState.ready(signal);
      signal?.throwIfAborted();
      return await raceAbort(
        this.#whenUnlocked(signal, () => this.#driver.run(text, values)),
        signal,
      );
    });
  }

  /** Tries again while another process writes to the file of SQLite. */
  #whenUnlocked<R>(
    signal: AbortSignal | undefined,
    work: () => Promise<R>,
  ): Promise<R> {
    return retry(work, {
      backoff: LOCK_BACKOFF,
      maxFailures: LOCK_ATTEMPTS,
      random: this.#random,
      clock: this.#clock,
      signal,
      mayRetry: isLocked,
    });
  }
}

/** Whether SQLite did not run the statement because another connection was writing to the file. */
function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /^database (table )?is locked/.test(error.message);
}
