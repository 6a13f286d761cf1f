/**
 * Turns a lease into plain data (strings, numbers and arrays, which JSON and structured clone
 * keep) and back. All data that is read is checked, because a store may be damaged, shared with
 * other programs or written by a newer release. All data that is written passes the same check,
 * so every stored row can be read again.
 *
 * @module
 */
import { MAX_SEQUENCE_NUMBER_DIGITS } from "../_aws/limits.ts";
import { StoredLeaseError } from "../errors.ts";
import type { Checkpoint } from "../records.ts";
import type { HashKeyRange, Lease, LeaseLoad } from "./checkpointer.ts";

/** The version of the layout below. Rows of a newer release have a greater one and are refused. */
const LEASE_FORMAT = 1;

/** A {@linkcode Checkpoint} with its time as milliseconds since the epoch. */
export type StoredCheckpoint =
  | Exclude<Checkpoint, { type: "AT_TIMESTAMP" }>
  | { readonly type: "AT_TIMESTAMP"; readonly timestamp: number };

/** A {@linkcode Lease} without its two ids, which are in the key. */
export interface StoredLease {
  /** {@linkcode LEASE_FORMAT} */
  readonly format: number;
  /** Absent if no worker holds the lease. */
  readonly owner?: string;
  /** See {@linkcode Lease.counter}. */
  readonly counter: number;
  /** See {@linkcode Lease.checkpoint}. */
  readonly checkpoint: StoredCheckpoint;
  /** See {@linkcode Lease.parentShardIds}. */
  readonly parentShardIds: readonly string[];
  /** See {@linkcode Lease.startingSequenceNumber}. */
  readonly startingSequenceNumber?: string;
  /** See {@linkcode Lease.hashKeyRange}. */
  readonly hashKeyRange?: HashKeyRange;
  /** See {@linkcode Lease.requestedBy}. */
  readonly requestedBy?: string;
  /** See {@linkcode Lease.load}. */
  readonly load?: LeaseLoad;
}

/** The place of a row. */
export interface StoredLeasePlace {
  /** The stream, from the key. */
  readonly streamName: string;
  /** The shard, from the key. */
  readonly shardId: string;
  /** The key as the backend writes it, for messages. */
  readonly key: string;
}

const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;
const DIGITS = `a text of 1 to ${MAX_SEQUENCE_NUMBER_DIGITS} digits`;
/** The largest time of a `Date`, in milliseconds before or after the epoch. */
const MAX_TIME = 8.64e15;

/**
 * Turns a lease into plain data.
 *
 * @throws {TypeError} if it could not be read again
 */
export function encodeLease(lease: Lease): StoredLease {
  const stored: StoredLease = {
    format: LEASE_FORMAT,
    ...(lease.owner === undefined ? undefined : { owner: lease.owner }),
    counter: lease.counter,
    checkpoint: encodeCheckpoint(lease.checkpoint),
    parentShardIds: [...lease.parentShardIds],
    ...extrasOf(lease),
  };
  const fault = faultOfIds(lease) ?? faultOf(stored);
  if (fault !== undefined) {
    throw new TypeError(
      `Cannot store the lease of shard "${lease.shardId}" of stream "${lease.streamName}" as ${fault}`,
    );
  }
  return stored;
}

/**
 * Turns plain data into a lease.
 *
 * @throws {StoredLeaseError} if it is no lease in a format that this release knows
 */
export function decodeLease(value: unknown, place: StoredLeasePlace): Lease {
  const { streamName, shardId, key } = place;
  const format = isObject(value) ? value.format : undefined;
  if (isCount(format) && format > LEASE_FORMAT) {
    throw new StoredLeaseError(
      `Cannot use the lease at ${key} as its format is ${format} and this release knows up to ${LEASE_FORMAT}: ` +
        "run the newer release everywhere, or give this one a store or name of its own",
      { code: "LeaseFormatTooNew", streamName, shardId, key },
    );
  }
  const fault = faultOf(value);
  if (fault !== undefined) {
    throw new StoredLeaseError(
      `Cannot use the lease at ${key} as ${fault}: restore the row, or delete it to start the shard over`,
      { code: "LeaseDamaged", streamName, shardId, key },
    );
  }
  const stored = value as StoredLease;
  const { owner, counter, checkpoint, parentShardIds } = stored;
  return {
    streamName,
    shardId,
    ...(owner === undefined ? undefined : { owner }),
    counter,
    checkpoint: decodeCheckpoint(checkpoint),
    parentShardIds: [...parentShardIds],
    ...extrasOf(stored),
  };
}

/** The members that are the same in both forms and may be absent. */
type Extras = Pick<
  Lease,
  "startingSequenceNumber" | "hashKeyRange" | "requestedBy" | "load"
>;

/** Copies of the members that are present. */
function extrasOf(
  { startingSequenceNumber, hashKeyRange, requestedBy, load }: Extras,
): Extras {
  return {
    ...(startingSequenceNumber !== undefined && { startingSequenceNumber }),
    ...(hashKeyRange && { hashKeyRange: rangeOf(hashKeyRange) }),
    ...(requestedBy !== undefined && { requestedBy }),
    ...(load && { load: loadOf(load) }),
  };
}

function rangeOf(
  { startingHashKey, endingHashKey }: HashKeyRange,
): HashKeyRange {
  return { startingHashKey, endingHashKey };
}

function loadOf(
  { bytesPerSecond, recordsPerSecond, millisBehindLatest }: LeaseLoad,
): LeaseLoad {
  return {
    bytesPerSecond,
    ...(recordsPerSecond !== undefined && { recordsPerSecond }),
    ...(millisBehindLatest !== undefined && { millisBehindLatest }),
  };
}

function encodeCheckpoint(checkpoint: Checkpoint): StoredCheckpoint {
  switch (checkpoint.type) {
    case "AT_TIMESTAMP":
      return {
        type: "AT_TIMESTAMP",
        timestamp: checkpoint.timestamp.getTime(),
      };
    case "SEQUENCE":
      return copySequence(checkpoint);
    default:
      return { type: checkpoint.type };
  }
}

function decodeCheckpoint(checkpoint: StoredCheckpoint): Checkpoint {
  switch (checkpoint.type) {
    case "AT_TIMESTAMP":
      return {
        type: "AT_TIMESTAMP",
        timestamp: new Date(checkpoint.timestamp),
      };
    case "SEQUENCE":
      return copySequence(checkpoint);
    default:
      return { type: checkpoint.type };
  }
}

type SequenceCheckpoint = Extract<Checkpoint, { type: "SEQUENCE" }>;

function copySequence(checkpoint: SequenceCheckpoint): SequenceCheckpoint {
  const { type, sequenceNumber, subSequenceNumber } = checkpoint;
  return {
    type,
    sequenceNumber,
    ...(subSequenceNumber === undefined ? undefined : { subSequenceNumber }),
  };
}

/** Why a value is no {@linkcode StoredLease}, in words that follow "as"; nothing if it is one. */
function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return "it is not a lease";
  if (value.format !== LEASE_FORMAT) {
    return mustBe("format", `${LEASE_FORMAT}`, value.format);
  }
  if (value.owner !== undefined && !isText(value.owner)) {
    return mustBe("owner", "a text that is not empty", value.owner);
  }
  if (!isCount(value.counter)) {
    return mustBe("counter", "a whole number from 0", value.counter);
  }
  const parents = value.parentShardIds;
  if (!Array.isArray(parents) || !parents.every(isText)) {
    return mustBe("parentShardIds", "a list of shard ids", parents);
  }
  const start = value.startingSequenceNumber;
  if (start !== undefined && !isSequenceNumber(start)) {
    return mustBe("startingSequenceNumber", DIGITS, start);
  }
  const { requestedBy } = value;
  if (requestedBy !== undefined && !isText(requestedBy)) {
    return mustBe("requestedBy", "a text that is not empty", requestedBy);
  }
  return faultOfRange(value.hashKeyRange) ?? faultOfLoad(value.load) ??
    faultOfCheckpoint(value.checkpoint);
}

function faultOfRange(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) return mustBe("hashKeyRange", "an object", value);
  for (const name of ["startingHashKey", "endingHashKey"]) {
    const key = value[name];
    if (!isSequenceNumber(key)) {
      return mustBe(`hashKeyRange.${name}`, DIGITS, key);
    }
  }
}

function faultOfLoad(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) return mustBe("load", "an object", value);
  if (!isAmount(value.bytesPerSecond)) {
    const rule = "a number from 0";
    return mustBe("load.bytesPerSecond", rule, value.bytesPerSecond);
  }
  for (const name of ["recordsPerSecond", "millisBehindLatest"]) {
    const amount = value[name];
    if (amount !== undefined && !isAmount(amount)) {
      return mustBe(`load.${name}`, "a number from 0", amount);
    }
  }
}

function faultOfCheckpoint(value: unknown): string | undefined {
  if (!isObject(value)) return mustBe("checkpoint", "an object", value);
  switch (value.type) {
    case "TRIM_HORIZON":
    case "LATEST":
    case "SHARD_END":
      return undefined;
    case "AT_TIMESTAMP":
      return Number.isInteger(value.timestamp) &&
          Math.abs(value.timestamp as number) <= MAX_TIME
        ? undefined
        : mustBe("checkpoint.timestamp", "a valid time", value.timestamp);
    case "SEQUENCE":
      if (!isSequenceNumber(value.sequenceNumber)) {
        return mustBe(
          "checkpoint.sequenceNumber",
          DIGITS,
          value.sequenceNumber,
        );
      }
      return value.subSequenceNumber === undefined ||
          isCount(value.subSequenceNumber)
        ? undefined
        : mustBe(
          "checkpoint.subSequenceNumber",
          "a whole number from 0",
          value.subSequenceNumber,
        );
    default:
      return mustBe("checkpoint.type", "a type of checkpoint", value.type);
  }
}

function faultOfIds(lease: Lease): string | undefined {
  if (!isText(lease.streamName)) {
    return mustBe("streamName", "a text that is not empty", lease.streamName);
  }
  if (!isText(lease.shardId)) {
    return mustBe("shardId", "a text that is not empty", lease.shardId);
  }
}

function mustBe(field: string, rule: string, value: unknown): string {
  const shown = typeof value === "string" ? JSON.stringify(value) : `${value}`;
  return `'${field}' must be ${rule}: current value is ${shown}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isSequenceNumber(value: unknown): value is string {
  return typeof value === "string" && WHOLE_NUMBER.test(value) &&
    value.length <= MAX_SEQUENCE_NUMBER_DIGITS;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
