/**
 * Effects and the position of their values in one transaction of a database.
 *
 * @module
 */
import {
  type EffectContext,
  type EffectPlace,
  type EffectRecord,
  effectsRefused,
  freshOf,
  positionOf,
  transactionEnded,
} from "./_effects.ts";
import type { OpenTransaction, SqlDriver } from "./_sql_connection.ts";
import { toText } from "./_sql_rows.ts";
import { KEY, keyOf, type SqlTarget } from "./_sql_statements.ts";

/** What is committed, and where. */
export interface SqlCommit<R extends EffectRecord> {
  readonly target: SqlTarget;
  readonly dialect: SqlDriver["dialect"];
  readonly place: EffectPlace;
  readonly context: EffectContext;
  readonly records: readonly R[];
  /** Stores the effects. Its second argument is what the application uses. */
  readonly work: (fresh: R[], transaction: unknown) => unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * Stores effects within a transaction. Resolves with false if the position of the shard has moved
 * meanwhile: then the transaction must be rolled back, and may be tried again.
 *
 * The row of the lease is not locked while `work` runs, so that renewals and other workers do not
 * wait for it. The last statement stores the position only if the holder is the same.
 *
 * @throws {LeaseLostError} if another worker has the lease
 * @throws {TypeError} if `work` has ended the transaction, or an earlier value of the call is left
 * out
 */
export async function storeEffects<R extends EffectRecord>(
  open: OpenTransaction,
  { target, dialect, place, context, records, work, signal }: SqlCommit<R>,
): Promise<boolean> {
  const { table } = target;
  const { owner, counter } = context.fencingToken;
  const held = `${KEY} AND owner = $4 AND holder_counter = $5`;
  const values = [...keyOf(target, place), toText(owner), counter];
  // The id of the transaction, which differs after its end. SQLite has none: see `isOpen`.
  const id = dialect === "postgres" ? "txid_current()" : "0";
  const [row] = await open.run(
    `SELECT effects, CAST(${id} AS TEXT) AS id FROM ${table} WHERE ${held}`,
    values,
  );
  if (!row) throw effectsRefused(place);
  const before = row.effects as string | null;
  const fresh = freshOf(records, before ?? undefined, context);
  if (fresh.length === 0) return true;
  await work(fresh, open.handle);
  signal?.throwIfAborted();
  context.signal.throwIfAborted();
  if (!open.isOpen()) throw transactionEnded(place);
  const [stored] = await open.run(
    `UPDATE ${table} SET effects = $6 WHERE ${held}
      AND COALESCE(effects, '') = COALESCE(CAST($7 AS TEXT), '')
      AND CAST(${id} AS TEXT) = CAST($8 AS TEXT) RETURNING shard`,
    [...values, positionOf(fresh), before, row.id],
  );
  if (stored) return true;
  const [now] = await open.run(`SELECT CAST(${id} AS TEXT) AS id`, []);
  if (now?.id !== row.id) throw transactionEnded(place);
  return false;
}
