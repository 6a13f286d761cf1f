/**
 * The contract of a checkpointer: a small table of leases with conditional writes.
 *
 * @module
 */
import type { Checkpoint } from "../records.ts";

/** How much work a shard is, as its holder has measured it. */
export interface LeaseLoad {
  /** The data that was read, in bytes a second. */
  readonly bytesPerSecond: number;
  /** The records that were read, in records a second. Absent in a row of the KCL. */
  readonly recordsPerSecond?: number;
  /** The lag behind the latest record, in milliseconds. Absent in a row of the KCL. */
  readonly millisBehindLatest?: number;
}

/** The hash keys of a shard: decimal numbers from 0 to 2^128-1, both inclusive. */
export interface HashKeyRange {
  /** The lowest hash key. */
  readonly startingHashKey: string;
  /** The highest hash key. */
  readonly endingHashKey: string;
}

/** One row of the table: which worker reads a shard, and how far the shard is processed. */
export interface Lease {
  /** The stream as the consumer was given it: its name or its ARN. */
  readonly streamName: string;
  /** The id of the shard, unique within the stream. */
  readonly shardId: string;
  /** The worker that holds the lease; absent if no worker holds it. */
  readonly owner?: string;
  /**
   * Grows by 1 with every write of a holder. It is the heartbeat of the holder: if it stands
   * still for the failover time, another worker may take the lease. It is also an optimistic
   * lock: a write with an old counter is refused.
   */
  readonly counter: number;
  /** How far the shard is processed. */
  readonly checkpoint: Checkpoint;
  /** The shards that must be at `SHARD_END` before this shard is read. */
  readonly parentShardIds: readonly string[];
  /**
   * The sequence number at which the shard begins, as ListShards says. A stream that is deleted
   * and created again has shards with the same ids that begin elsewhere, so this number
   * distinguishes the two streams. Absent if the server does not return it.
   */
  readonly startingSequenceNumber?: string;
  /** The hash keys of the shard, as ListShards says. Absent if the server does not return them. */
  readonly hashKeyRange?: HashKeyRange;
  /**
   * The worker that asks the holder to pass the lease on. The holder finishes what it has begun,
   * stores its progress, and makes that worker the owner. Absent if no worker asks.
   */
  readonly requestedBy?: string;
  /** How much work the shard is. Absent until a holder has measured it. */
  readonly load?: LeaseLoad;
}

/**
 * A lease that no worker holds yet, as {@linkcode Checkpointer.create} and
 * {@linkcode Checkpointer.replace} store it.
 */
export type NewLease = Omit<
  Lease,
  "owner" | "counter" | "requestedBy" | "load"
>;

/** Options of every call. */
export interface CheckpointerCallOptions {
  /**
   * Ends the call, which then rejects with the reason of the signal. If the signal has aborted
   * before the call, nothing is written. If it aborts during the call, the write may have
   * happened.
   */
  signal?: AbortSignal;
}

/** Options of the writes of a holder. */
export interface HolderCallOptions extends CheckpointerCallOptions {
  /** Replaces the stored load. Default: the stored load stays. */
  load?: LeaseLoad;
}

/**
 * Stores progress and ownership. The consumer makes all decisions: which worker may take a lease,
 * and when a lease has expired. A checkpointer only keeps these promises:
 *
 * 1. Every write is atomic and conditional as described, across processes. Of any number of
 *    concurrent writes with the same lease, one is accepted.
 * 2. A write that is refused changes nothing and resolves with `undefined` (or `false`). It does
 *    not throw.
 * 3. A write that has resolved is as durable as the documentation of the backend states, and every
 *    later `list` shows it.
 * 4. A write whose answer was lost may have happened. If so, the same write with the same lease is
 *    refused, and {@linkcode Checkpointer.list} shows what is stored.
 * 5. Faults of the backend reject with the backend's own error, or, if no retry can help, with a
 *    {@linkcode KinesisError} that is not retryable: then the consumer fails at once. A write is sent again only if the
 *    answer says that it did not happen. After any other fault it may have happened, see 4.
 * 6. A checkpoint never moves by itself: only `create`, `replace` and `checkpoint` set it.
 * 7. Of a lease that is passed in, only the ids, the owner and the counter are used. `take` uses
 *    the starting sequence number as well. `request` uses the requester in place of the counter.
 *    `renew`, `checkpoint`, `release` and `request` of a lease without an owner are refused.
 * 8. A lease that is returned is a copy: changing the copy changes nothing that is stored.
 */
export interface Checkpointer {
  /** All leases of a stream, in any order. */
  list(streamName: string, options?: CheckpointerCallOptions): Promise<Lease[]>;
  /**
   * If there is no lease for the shard: stores this one with counter 0 and without an owner,
   * requester and load. Resolves with whether it was stored.
   */
  create(lease: NewLease, options?: CheckpointerCallOptions): Promise<boolean>;
  /**
   * If the stored counter is `lease.counter`: sets the owner, adds 1 to the counter, removes the
   * requester, and stores the starting sequence number of `lease` if none is stored. Resolves with
   * the stored lease. A holder passes its lease on in the same way: with the other worker as
   * `owner`.
   */
  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored owner and counter are those of `lease`: adds 1 to the counter. Resolves with the
   * stored lease.
   */
  renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored owner and counter are those of `lease`: sets the checkpoint and adds 1 to the
   * counter. Resolves with the stored lease.
   */
  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored owner and counter are those of `lease`: removes the owner and the requester,
   * and adds 1 to the counter. Resolves with the stored lease.
   */
  release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored owner and requester are those of `lease`: sets the requester, or removes it if
   * `requester` is `undefined`. The counter may differ and stays as it is, so the holder is not
   * disturbed. The holder sees the requester in the answer of its next write. Resolves with the
   * stored lease.
   */
  request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored counter is `lease.counter`: replaces the whole row by `next` in one write and
   * adds 1 to the counter. The row has no owner, requester and load then. The ids stay those of
   * `lease`. Resolves with whether the row was replaced.
   */
  replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean>;
  /** If the stored counter is `lease.counter`: deletes the row. Resolves with whether it did. */
  delete(lease: Lease, options?: CheckpointerCallOptions): Promise<boolean>;
}
