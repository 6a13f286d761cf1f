/**
 * The conditional writes of a lease as statements. The same for SQLite and PostgreSQL.
 *
 * @module
 */
import type { Checkpoint } from "../records.ts";
import { COLUMNS, toText, valuesOf } from "./_sql_rows.ts";
import { encodeLease, type StoredLease } from "./_stored_lease.ts";
import type { HolderCallOptions, Lease, NewLease } from "./checkpointer.ts";

/** A statement and its parameters, `$1`, `$2` and so on. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The table and the application. */
export interface SqlTarget {
  /** The name of the table, checked. */
  readonly table: string;
  /** The name of the application. */
  readonly name: string;
}

/** The place of a row. */
export type SqlPlace = Pick<Lease, "streamName" | "shardId">;

/** A lease with an owner. */
export type HeldLease = Lease & { readonly owner: string };

/** The condition for the row of a shard. */
export const KEY = "name = $1 AND stream = $2 AND shard = $3";
const HELD = `${KEY} AND counter = $4 AND owner = $5`;
const NEXT = "counter = CAST($4 AS BIGINT) + 1";
/** A load that is not given stays as it is. */
const LOAD = "load = COALESCE(CAST($6 AS TEXT), load)";

/** The parameters of {@linkcode KEY}. */
export function keyOf(
  { name }: SqlTarget,
  { streamName, shardId }: SqlPlace,
): string[] {
  return [toText(name), toText(streamName), toText(shardId)];
}

/** See {@linkcode Checkpointer.list}. */
export function listing({ table, name }: SqlTarget, stream: string): Statement {
  return {
    text: `SELECT * FROM ${table} WHERE name = $1 AND stream = $2`,
    values: [toText(name), toText(stream)],
  };
}

/** See {@linkcode Checkpointer.create}. */
export function creating(target: SqlTarget, lease: NewLease): Statement {
  const places = COLUMNS.map((_, index) => `$${index + 4}`);
  return {
    text: `INSERT INTO ${target.table}
      (name, stream, shard, ${COLUMNS.join(", ")})
      VALUES ($1, $2, $3, ${places.join(", ")})
      ON CONFLICT (name, stream, shard) DO NOTHING RETURNING shard`,
    values: [
      ...keyOf(target, lease),
      ...valuesOf({ ...lease, owner: undefined, counter: 0 }),
    ],
  };
}

/** See {@linkcode Checkpointer.take}. */
export function taking(
  target: SqlTarget,
  lease: Lease,
  owner: string,
): Statement {
  const { startingSequenceNumber, counter } = lease;
  checkWritten(lease, { owner, startingSequenceNumber });
  return {
    text: `UPDATE ${target.table} SET ${NEXT}, owner = $5,
      holder_counter = CAST($4 AS BIGINT) + 1, requested_by = NULL,
      starting_sequence_number =
        COALESCE(starting_sequence_number, CAST($6 AS TEXT))
      WHERE ${KEY} AND counter = $4 RETURNING *`,
    values: [
      ...keyOf(target, lease),
      counter,
      toText(owner),
      startingSequenceNumber ?? null,
    ],
  };
}

/** See {@linkcode Checkpointer.renew}. */
export function renewing(
  target: SqlTarget,
  lease: HeldLease,
  options?: HolderCallOptions,
): Statement {
  return {
    text:
      `UPDATE ${target.table} SET ${NEXT}, ${LOAD} WHERE ${HELD} RETURNING *`,
    values: [...heldBy(target, lease), loadOf(lease, options)],
  };
}

/** See {@linkcode Checkpointer.checkpoint}. */
export function checkpointing(
  target: SqlTarget,
  lease: HeldLease,
  checkpoint: Checkpoint,
  options?: HolderCallOptions,
): Statement {
  const stored = checkWritten(lease, { checkpoint });
  return {
    text: `UPDATE ${target.table} SET ${NEXT}, ${LOAD}, checkpoint = $7
      WHERE ${HELD} RETURNING *`,
    values: [
      ...heldBy(target, lease),
      loadOf(lease, options),
      JSON.stringify(stored.checkpoint),
    ],
  };
}

/** See {@linkcode Checkpointer.release}. */
export function releasing(target: SqlTarget, lease: HeldLease): Statement {
  return {
    text: `UPDATE ${target.table} SET ${NEXT}, owner = NULL, requested_by = NULL
      WHERE ${HELD} RETURNING *`,
    values: heldBy(target, lease),
  };
}

/** See {@linkcode Checkpointer.request}. */
export function requesting(
  target: SqlTarget,
  lease: HeldLease,
  requester: string | undefined,
): Statement {
  checkWritten(lease, { requestedBy: requester });
  const { owner, requestedBy } = lease;
  return {
    text: `UPDATE ${target.table} SET requested_by = CAST($5 AS TEXT)
      WHERE ${KEY} AND owner = $4
        AND COALESCE(requested_by, '') = COALESCE(CAST($6 AS TEXT), '')
      RETURNING *`,
    values: [
      ...keyOf(target, lease),
      toText(owner),
      requester === undefined ? null : toText(requester),
      requestedBy === undefined ? null : toText(requestedBy),
    ],
  };
}

/** See {@linkcode Checkpointer.replace}. The new lease has no committed effects. */
export function replacing(
  target: SqlTarget,
  lease: Lease,
  next: NewLease,
): Statement {
  const { streamName, shardId, counter } = lease;
  const sets = COLUMNS.map((column, index) => `${column} = $${index + 5}`);
  return {
    text: `UPDATE ${target.table} SET ${sets.join(", ")},
      holder_counter = NULL, requested_by = NULL, load = NULL, effects = NULL
      WHERE ${KEY} AND counter = $4 RETURNING shard`,
    values: [
      ...keyOf(target, lease),
      counter,
      ...valuesOf({
        ...next,
        ...{ streamName, shardId },
        owner: undefined,
        counter: counter + 1,
      }),
    ],
  };
}

/** See {@linkcode Checkpointer.delete}. */
export function deleting(target: SqlTarget, lease: Lease): Statement {
  return {
    text: `DELETE FROM ${target.table}
      WHERE ${KEY} AND counter = $4 RETURNING shard`,
    values: [...keyOf(target, lease), lease.counter],
  };
}

function heldBy(target: SqlTarget, lease: HeldLease): unknown[] {
  return [...keyOf(target, lease), lease.counter, toText(lease.owner)];
}

/**
 * Checks what a write stores. Other members of the lease are those of the caller: they are not
 * stored, and may be wrong.
 *
 * @throws {TypeError} if it could not be read again
 */
function checkWritten(
  { streamName, shardId, counter }: Lease,
  written: Partial<Lease>,
): StoredLease {
  return encodeLease({
    ...{ streamName, shardId, counter },
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
    ...written,
  });
}

/** The text of the load, or nothing. */
function loadOf(lease: Lease, { load }: HolderCallOptions = {}): string | null {
  return load ? JSON.stringify(checkWritten(lease, { load }).load) : null;
}
