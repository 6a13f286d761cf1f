/**
 * Turns leases into rows of the KCL's lease table, and back.
 *
 * @see {@link https://github.com/awslabs/amazon-kinesis-client/blob/v2.7.3/amazon-kinesis-client/src/main/java/software/amazon/kinesis/leases/dynamodb/DynamoDBLeaseSerializer.java}
 * @module
 */
import { StoredLeaseError } from "../errors.ts";
import type { Checkpoint } from "../records.ts";
import type { Attribute, Item } from "./_dynamodb_client.ts";
import type { Layout } from "./_dynamodb_layout.ts";
import { decodeLease, encodeLease, type StoredLease } from "./_stored_lease.ts";
import type { Lease, LeaseLoad } from "./checkpointer.ts";

/**
 * Attributes of this library. The KCL does not know them: it ignores them when it reads, and
 * leaves them as they are when it writes.
 */
const OWN = {
  format: "webstreamsFormat",
  start: "webstreamsStartingSequenceNumber",
  timestamp: "webstreamsTimestamp",
  subSequenceNumber: "webstreamsSubSequenceNumber",
  requestedBy: "webstreamsRequestedBy",
  recordsPerSecond: "webstreamsRecordsPerSecond",
  millisBehindLatest: "webstreamsMillisBehindLatest",
  loadCounter: "webstreamsLoadCounter",
} as const;

/**
 * The sub-sequence number of a record that is processed completely: the largest `long` of Java.
 * The KCL skips all values up to and including a checkpoint. The number of values in a record is
 * not known here, and with this number the KCL skips all of them.
 */
const WHOLE_RECORD = "9223372036854775807";

/**
 * The sub-sequence number of a record that a KCL has to read again. The values of a record are
 * numbered from 0, so none of them is skipped.
 */
const NO_VALUE = "-1";

/** What a KCL does with a record that is processed in part. */
export type PartialRecords = "exact" | "repeat";

/** How KCL 3 counts `throughputKBps`. */
const BYTES_PER_KB = 1024;

/**
 * How many writes of a holder may follow the one that has stored its load. A holder of this library
 * stores the load with each renewal and checkpoint, but not when it takes the lease and gives it
 * back. A worker of the KCL keeps the attributes of this library without knowing them.
 */
const WRITES_WITHOUT_LOAD = 10;

/** The format of a row that names none, as those of the KCL. */
const FIRST_FORMAT = 1;

/** How rows are read and written. */
export interface RowContext {
  /** The table, for messages. */
  readonly tableName: string;
  /** Where stream and shard are. */
  readonly layout: Layout;
  /** The time of rows whose checkpoint is the AT_TIMESTAMP of a KCL, which does not store it. */
  readonly kclTimestamp: Date | undefined;
  /** What a KCL does with a record that is processed in part. */
  readonly partialRecords: PartialRecords;
}

/** Whether a row is a lease. A table of KCL 3.5 also has rows of other types. */
export function isLeaseRow({ entityType }: Item): boolean {
  return entityType?.S === undefined || entityType.S === "LEASE";
}

/**
 * The row of a lease.
 *
 * @throws {TypeError} if it could not be read again
 */
export function encodeRow(
  lease: Lease,
  { layout, partialRecords }: RowContext,
): Item {
  const { counter, parentShardIds } = encodeLease(lease);
  const { streamName, shardId, owner } = lease;
  // A set of texts cannot be empty, and has no text twice.
  const parents = [...new Set(parentShardIds)];
  return {
    leaseKey: { S: layout.keyOf(streamName, shardId) },
    leaseCounter: number(counter),
    ...(owner === undefined ? undefined : { leaseOwner: { S: owner } }),
    ...checkpointAttributes(lease.checkpoint, partialRecords),
    ownerSwitchesSinceCheckpoint: number(0),
    ...(parents.length === 0 ? undefined : { parentShardId: { SS: parents } }),
    ...startAttributes(lease),
    ...rangeAttributes(lease),
    ...layout.marksOf(streamName, shardId),
  };
}

/** The attributes of the KCL with the hash keys of the shard. Empty if they are not known. */
function rangeAttributes({ hashKeyRange }: Pick<Lease, "hashKeyRange">): Item {
  return hashKeyRange
    ? {
      startingHashKey: { S: hashKeyRange.startingHashKey },
      endingHashKey: { S: hashKeyRange.endingHashKey },
    }
    : {};
}

/** The attribute with the worker that asks for a lease. */
export const REQUESTED_BY: string = OWN.requestedBy;

/** The attributes that a load may leave behind, and that another load removes. */
export const LOAD_EXTRAS: readonly string[] = [
  OWN.recordsPerSecond,
  OWN.millisBehindLatest,
];

/**
 * The attributes of a load that is stored together with a counter. `throughputKBps` is of KCL 3.
 */
export function loadAttributes(
  { bytesPerSecond, recordsPerSecond, millisBehindLatest }: LeaseLoad,
  counter: number,
): Item {
  return {
    [OWN.loadCounter]: number(counter),
    throughputKBps: number(bytesPerSecond / BYTES_PER_KB),
    ...(recordsPerSecond !== undefined &&
      { [OWN.recordsPerSecond]: number(recordsPerSecond) }),
    ...(millisBehindLatest !== undefined &&
      { [OWN.millisBehindLatest]: number(millisBehindLatest) }),
  };
}

function loadOf(item: Item): StoredLease["load"] {
  const kilobytes = numberOf(item.throughputKBps);
  if (kilobytes === undefined) return undefined;
  const bytesPerSecond = kilobytes * BYTES_PER_KB;
  const writes = (numberOf(item.leaseCounter) ?? 0) -
    (numberOf(item[OWN.loadCounter]) ?? -Infinity);
  // A worker of the KCL has the lease now: the rest of the load is of an earlier holder.
  if (writes > WRITES_WITHOUT_LOAD) return { bytesPerSecond };
  return {
    bytesPerSecond,
    recordsPerSecond: numberOf(item[OWN.recordsPerSecond]),
    millisBehindLatest: numberOf(item[OWN.millisBehindLatest]),
  };
}

function rangeOf(
  { startingHashKey, endingHashKey }: Item,
): StoredLease["hashKeyRange"] {
  return startingHashKey?.S === undefined || endingHashKey?.S === undefined
    ? undefined
    : { startingHashKey: startingHashKey.S, endingHashKey: endingHashKey.S };
}

/** The attribute with the starting sequence number. Empty if it is not known. */
export function startAttributes(
  { startingSequenceNumber }: Pick<Lease, "startingSequenceNumber">,
): Item {
  return startingSequenceNumber === undefined
    ? {}
    : { [OWN.start]: { S: startingSequenceNumber } };
}

/** The attributes of a checkpoint. */
export function checkpointAttributes(
  checkpoint: Checkpoint,
  partialRecords: PartialRecords,
): Item {
  const { type } = checkpoint;
  switch (type) {
    case "SEQUENCE": {
      const { sequenceNumber, subSequenceNumber } = checkpoint;
      const isRepeated = partialRecords === "repeat" &&
        subSequenceNumber !== undefined;
      return {
        checkpoint: { S: sequenceNumber },
        checkpointSubSequenceNumber: number(
          isRepeated ? NO_VALUE : subSequenceNumber ?? WHOLE_RECORD,
        ),
        ...(isRepeated &&
          { [OWN.subSequenceNumber]: number(subSequenceNumber) }),
      };
    }
    case "AT_TIMESTAMP":
      return {
        checkpoint: { S: type },
        checkpointSubSequenceNumber: number(0),
        [OWN.timestamp]: number(checkpoint.timestamp.getTime()),
      };
    default:
      return {
        checkpoint: { S: type },
        checkpointSubSequenceNumber: number(0),
      };
  }
}

/** The attributes that a checkpoint may leave behind, and that another checkpoint removes. */
export const CHECKPOINT_EXTRAS: readonly string[] = [
  OWN.timestamp,
  OWN.subSequenceNumber,
];

/**
 * The lease of a row.
 *
 * @throws {StoredLeaseError} if it is not a lease in a format that this release knows
 */
export function decodeRow(
  item: Item,
  streamName: string,
  { tableName, layout, kclTimestamp }: RowContext,
): Lease {
  const shardId = layout.shardIdOf(item, streamName);
  const key = `"${item.leaseKey?.S}" of the table "${tableName}"`;
  const stored: { [F in keyof StoredLease]: unknown } = {
    format: numberOf(item[OWN.format]) ?? FIRST_FORMAT,
    owner: item.leaseOwner?.S,
    counter: numberOf(item.leaseCounter),
    checkpoint: checkpointOf(item, () => {
      if (kclTimestamp) return kclTimestamp.getTime();
      throw new StoredLeaseError(
        `Cannot use the lease at ${key} as its checkpoint is AT_TIMESTAMP and the KCL does not store the time: ` +
          "pass 'kclTimestamp', the time that the KCL was configured with",
        { code: "LeaseDamaged", streamName, shardId, key },
      );
    }),
    parentShardIds: item.parentShardId?.SS ?? [],
    startingSequenceNumber: item[OWN.start]?.S,
    hashKeyRange: rangeOf(item),
    requestedBy: item[OWN.requestedBy]?.S,
    load: loadOf(item),
  };
  return decodeLease(stored, { streamName, shardId, key });
}

/** The checkpoint of a row, not checked yet. */
function checkpointOf(
  item: Item,
  kclTimestamp: () => number,
): Readonly<Record<string, unknown>> {
  const text = item.checkpoint?.S;
  switch (text) {
    case "TRIM_HORIZON":
    case "LATEST":
    case "SHARD_END":
      return { type: text };
    case "AT_TIMESTAMP":
      return {
        type: text,
        timestamp: numberOf(item[OWN.timestamp]) ?? kclTimestamp(),
      };
  }
  // The KCL takes a missing number for 0.
  const { N: sub = "0" } = item.checkpointSubSequenceNumber ?? {};
  const own = item[OWN.subSequenceNumber]?.N;
  const subSequenceNumber = sub === WHOLE_RECORD
    ? undefined
    : Number(sub === NO_VALUE ? own ?? sub : sub);
  return { type: "SEQUENCE", sequenceNumber: text, subSequenceNumber };
}

/** A number as an attribute. */
export function number(value: number | string): Attribute {
  return { N: String(value) };
}

function numberOf(attribute: Attribute | undefined): number | undefined {
  return attribute?.N === undefined ? undefined : Number(attribute.N);
}
