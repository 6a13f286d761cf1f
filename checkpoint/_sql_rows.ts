/**
 * Turns leases into rows of a table, and back.
 *
 * @module
 */
import type { SqlRow } from "./_sql_connection.ts";
import { decodeLease, encodeLease, type StoredLease } from "./_stored_lease.ts";
import type { Lease } from "./checkpointer.ts";

/** The columns after the key, in the order of {@linkcode valuesOf}. */
export const COLUMNS = [
  "format",
  "owner",
  "counter",
  "checkpoint",
  "parent_shard_ids",
  "starting_sequence_number",
  "starting_hash_key",
  "ending_hash_key",
] as const;

/** A text as it is stored: databases refuse or cut texts with a NUL. */
export function toText(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\0", "%00");
}

function fromText(text: unknown): string {
  return `${text}`.replaceAll("%00", "\0").replaceAll("%25", "%");
}

/**
 * The values of {@linkcode COLUMNS}.
 *
 * @throws {TypeError} if the lease could not be read again
 */
export function valuesOf(lease: Lease): unknown[] {
  const stored = encodeLease(lease);
  return [
    stored.format,
    stored.owner === undefined ? null : toText(stored.owner),
    stored.counter,
    JSON.stringify(stored.checkpoint),
    JSON.stringify(stored.parentShardIds),
    stored.startingSequenceNumber ?? null,
    stored.hashKeyRange?.startingHashKey ?? null,
    stored.hashKeyRange?.endingHashKey ?? null,
  ];
}

/**
 * The lease of a row.
 *
 * @throws {StoredLeaseError} if it is not a lease in a format that this release knows
 */
export function decodeRow(row: SqlRow, table: string): Lease {
  const streamName = fromText(row.stream);
  const shardId = fromText(row.shard);
  const { starting_hash_key, ending_hash_key } = row;
  const stored: { [F in keyof StoredLease]: unknown } = {
    format: numberOf(row.format),
    owner: row.owner === null ? undefined : fromText(row.owner),
    counter: numberOf(row.counter),
    checkpoint: jsonOf(row.checkpoint),
    parentShardIds: jsonOf(row.parent_shard_ids),
    startingSequenceNumber: row.starting_sequence_number ?? undefined,
    hashKeyRange: starting_hash_key === null ? undefined : {
      startingHashKey: starting_hash_key,
      endingHashKey: ending_hash_key,
    },
    requestedBy: row.requested_by === null
      ? undefined
      : fromText(row.requested_by),
    load: row.load === null ? undefined : jsonOf(row.load),
  };
  const key = `("${
    fromText(row.name)
  }", "${streamName}", "${shardId}") of ${table}`;
  return decodeLease(stored, { streamName, shardId, key });
}

/** Drivers return large integers as texts, or as bigints. */
function numberOf(value: unknown): unknown {
  return typeof value === "string" || typeof value === "bigint"
    ? Number(value)
    : value;
}

/** The value of a JSON text; `undefined`, which no lease has, if it is not JSON. */
function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(`${text}`);
  } catch {
    return undefined;
  }
}
