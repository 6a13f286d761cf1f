/**
 * The contract of a checkpointer: a small table of leases with conditional writes.
 *
 * @module
 */
import type { Checkpoint } from "../records.ts";

/** One row of the table: who works on a shard and how far it has come. */
export interface Lease {
  /** The stream as the consumer was given it: its ARN, or its name. */
  readonly streamName: string;
  /** The shard; unique within the stream. */
  readonly shardId: string;
  /** The worker that holds the lease; absent when nobody does. */
  readonly owner?: string;
  /**
   * Grows with every write by a holder: heartbeat and optimistic lock in one. Whoever sees it stand still for
   * the failover time may take the lease; whoever writes with an old one is refused.
   */
  readonly counter: number;
  /** How far the shard has been processed. */
  readonly checkpoint: Checkpoint;
  /** The shards that must be at `SHARD_END` before this one is read. */
  readonly parentShardIds: readonly string[];
  /**
   * Where the shard begins, as ListShards says. A stream that is deleted and created again under
   * its name has shards of the same ids that begin elsewhere: the lease is told apart by this.
   * Absent where the server does not say.
   */
  readonly startingSequenceNumber?: string;
}

/**
 * A lease that nobody holds yet: what {@linkcode Checkpointer.create} and
 * {@linkcode Checkpointer.replace} store.
 */
export type NewLease = Omit<Lease, "owner" | "counter">;

/** Options of every call. */
export interface CheckpointerCallOptions {
  /**
   * Ends the call; it rejects with the signal's reason. Aborted beforehand, nothing is written; aborted in between, the write
   * may have happened.
   */
  signal?: AbortSignal;
}

/**
 * Where progress and ownership are stored. The consumer does all deciding (who may take what, when a lease has expired);
 * a checkpointer only has to keep these promises:
 *
 * 1. Every write is atomic and conditional as described, across processes. Of any number of racers with the same lease, one wins.
 * 2. A write that is refused changes nothing and resolves with `undefined` (or `false`); it never throws for being refused.
 * 3. A write that resolved is durable to the degree that the backend's documentation states, and visible to every later `list`.
 * 4. A write whose answer was lost may have happened. Repeating it with the same lease is then refused, and
 *    {@linkcode Checkpointer.list} shows the truth.
 * 5. Faults of the backend reject with the backend's own error. A write is sent again only if the answer says that it did not
 *    happen: with any other fault it may have, see 4.
 * 6. A checkpoint never moves by itself: only `create`, `replace` and `checkpoint` set it.
 * 7. Of a lease that is passed in, only the ids, the owner and the counter are looked at, and by
 *    `take` the starting sequence number. Nobody holds a lease without an owner: `renew`,
 *    `checkpoint` and `release` of one are refused.
 * 8. A lease that is returned is a copy: changing it changes nothing that is stored.
 */
export interface Checkpointer {
  /** All leases of a stream, in no order. */
  list(streamName: string, options?: CheckpointerCallOptions): Promise<Lease[]>;
  /**
   * Stores a lease with counter 0 if there is none for that shard. Resolves with whether it did.
   */
  create(lease: NewLease, options?: CheckpointerCallOptions): Promise<boolean>;
  /**
   * If the stored counter is `lease.counter`: sets the owner, adds 1 to the counter, and stores
   * the starting sequence number of `lease` if none is stored.
   */
  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /** If the stored owner and counter are those of `lease`: adds 1 to the counter. */
  renew(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /** If the stored owner and counter are those of `lease`: sets the checkpoint, adds 1 to the counter. */
  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /** If the stored owner and counter are those of `lease`: removes the owner, adds 1 to the counter. */
  release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined>;
  /**
   * If the stored counter is `lease.counter`: puts `next` in place of the whole row, in one
   * write, adds 1 to the counter and removes the owner. The ids are those of `lease`. Resolves
   * with whether it did.
   */
  replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean>;
  /** If the stored counter is `lease.counter`: removes the row. Resolves with whether it did. */
  delete(lease: Lease, options?: CheckpointerCallOptions): Promise<boolean>;
}
