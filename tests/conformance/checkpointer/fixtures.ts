/**
 * Helpers of the checkpointer suite.
 *
 * @module
 */
import { assert, assertEquals, equal } from "@std/assert";
import type {
  Checkpointer,
  HashKeyRange,
  HolderCallOptions,
  Lease,
  LeaseLoad,
  NewLease,
} from "../../../checkpoint/checkpointer.ts";
import type { Checkpoint } from "../../../records.ts";

export const STREAM = "orders";
export const SHARD = "shardId-000000000000";
/** The longest sequence number that Kinesis may send. */
export const SEQUENCE_128: string = "1" + "0123456789".repeat(13).slice(0, 127);
export const AT_128: Checkpoint = {
  type: "SEQUENCE",
  sequenceNumber: SEQUENCE_128,
};

/** Every kind of checkpoint, with values that a careless backend would change. */
export const CHECKPOINTS: readonly Checkpoint[] = [
  { type: "TRIM_HORIZON" },
  { type: "LATEST" },
  { type: "AT_TIMESTAMP", timestamp: new Date(1_700_000_000_123) },
  { type: "AT_TIMESTAMP", timestamp: new Date(0) },
  { type: "SEQUENCE", sequenceNumber: "0" },
  AT_128,
  { type: "SEQUENCE", sequenceNumber: SEQUENCE_128, subSequenceNumber: 0 },
  { type: "SEQUENCE", sequenceNumber: SEQUENCE_128, subSequenceNumber: 1 },
  { type: "SEQUENCE", sequenceNumber: "9007199254740993" },
  {
    type: "SEQUENCE",
    sequenceNumber: "7",
    subSequenceNumber: 2_147_483_648,
  },
  { type: "SHARD_END" },
];

/** The hash keys of a shard. Both are too long for a number. */
export const HASH_KEYS: HashKeyRange = {
  startingHashKey: "113427455640312821154458202477256070485",
  endingHashKey: "340282366920938463463374607431768211455",
};
/** A load with all its members. */
export const LOAD: LeaseLoad = {
  bytesPerSecond: 123_456.75,
  recordsPerSecond: 0.5,
  millisBehindLatest: 9_007_199_254_740_991,
};
/** A load with the one member that every load has. */
export const SMALL_LOAD: LeaseLoad = { bytesPerSecond: 0 };

export function newLease(lease: Partial<NewLease> = {}): NewLease {
  return {
    streamName: STREAM,
    shardId: SHARD,
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
    ...lease,
  };
}

/** Returns the lease of the stream. Throws unless there is exactly one. */
export async function only(
  checkpointer: Checkpointer,
  streamName: string = STREAM,
): Promise<Lease> {
  const [lease, ...others] = await checkpointer.list(streamName);
  assert(lease && others.length === 0, "expected one lease in the stream");
  return lease;
}

/** Stores a lease and reads it back. */
export async function created(
  checkpointer: Checkpointer,
  lease: Partial<NewLease> = {},
): Promise<Lease> {
  assertEquals(await checkpointer.create(newLease(lease)), true);
  return await only(checkpointer, lease.streamName);
}

/** Stores a lease and takes it: the returned lease has an owner. */
export async function held(
  checkpointer: Checkpointer,
  owner = "worker-1",
  lease: Partial<NewLease> = {},
): Promise<Lease> {
  return accepted(
    await checkpointer.take(await created(checkpointer, lease), owner),
  );
}

/** Asserts that a write succeeded and returns its lease. */
export function accepted(lease: Lease | undefined): Lease {
  assert(lease !== undefined, "expected the write to be accepted");
  return lease;
}

/**
 * Asserts that two leases are equal. Absent equals `undefined`, and the order of parents is
 * ignored.
 */
export function assertLease(
  actual: Lease | undefined,
  expected: Lease | undefined,
  msg?: string,
): void {
  assertEquals(actual && plain(actual), expected && plain(expected), msg);
}

/** Asserts that a stream has exactly these leases, in any order. */
export async function assertStored(
  checkpointer: Checkpointer,
  expected: readonly Lease[],
  streamName: string = STREAM,
  msg?: string,
): Promise<void> {
  assertLeases(await checkpointer.list(streamName), expected, msg);
}

/** Whether two lists hold equal leases, in any order. */
export function areEqual(
  actual: readonly Lease[],
  expected: readonly Lease[],
): boolean {
  return equal(
    actual.map(plain).sort(byShard),
    expected.map(plain).sort(byShard),
  );
}

/** Asserts that two lists hold equal leases, in any order. */
export function assertLeases(
  actual: readonly Lease[],
  expected: readonly Lease[],
  msg?: string,
): void {
  assertEquals(
    actual.map(plain).sort(byShard),
    expected.map(plain).sort(byShard),
    msg,
  );
}

function byShard(a: { shardId: string }, b: { shardId: string }): number {
  return a.shardId < b.shardId ? -1 : a.shardId > b.shardId ? 1 : 0;
}

function plain(lease: Lease) {
  const { streamName, shardId, owner, counter, checkpoint } = lease;
  const parents = [...lease.parentShardIds].sort();
  return {
    ...{ streamName, shardId, counter, parents },
    startingSequenceNumber: lease.startingSequenceNumber ?? null,
    hashKeyRange: lease.hashKeyRange ?? null,
    requestedBy: lease.requestedBy ?? null,
    load: lease.load
      ? {
        recordsPerSecond: null,
        millisBehindLatest: null,
        ...withoutUndefined(lease.load),
      }
      : null,
    owner: owner ?? null,
    checkpoint: checkpoint.type === "SEQUENCE"
      ? { subSequenceNumber: null, ...withoutUndefined(checkpoint) }
      : { ...checkpoint },
  };
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  );
}

/** Starts 50 calls at the same time. Resolves with the leases of the calls that succeeded. */
export async function race<T>(
  racer: (index: number) => Promise<T | undefined | false>,
): Promise<T[]> {
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => racer(index)),
  );
  return results.filter((result) =>
    result !== undefined && result !== false
  ) as T[];
}

/** A write of a worker that holds a lease. */
export interface HolderWrite {
  readonly name: string;
  write(
    checkpointer: Checkpointer,
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined>;
  /** The changes of the write besides adding 1 to the counter. */
  effect(lease: Lease): Lease;
}

/** All writes of a worker that holds a lease. */
export const HOLDER_WRITES: readonly HolderWrite[] = [
  {
    name: "renew",
    write: (checkpointer, lease, options) => checkpointer.renew(lease, options),
    effect: (lease) => lease,
  },
  {
    name: "checkpoint",
    write: (checkpointer, lease, options) =>
      checkpointer.checkpoint(lease, AT_128, options),
    effect: (lease) => ({ ...lease, checkpoint: AT_128 }),
  },
  {
    name: "release",
    write: (checkpointer, lease, options) =>
      checkpointer.release(lease, options),
    effect: (lease) => ({
      ...lease,
      owner: undefined,
      requestedBy: undefined,
    }),
  },
];

/** The writes of {@linkcode HOLDER_WRITES} that may store a load. */
export const LOAD_WRITES: readonly HolderWrite[] = HOLDER_WRITES.filter((
  { name },
) => name !== "release");
