/**
 * A checkpointer in memory, which is lost when the process ends.
 *
 * @module
 */
import type { Checkpoint } from "../records.ts";
import { decodeLease, encodeLease, type StoredLease } from "./_stored_lease.ts";
import {
  checkpointing,
  creating,
  isCurrent,
  releasing,
  renewing,
  replacing,
  requesting,
  taking,
  type Transition,
} from "./_transitions.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "./checkpointer.ts";

/**
 * Keeps leases in the memory of this process: for tests, for programs that read a stream once, and
 * for several consumers of one process, which share a stream by sharing one instance.
 *
 * Durability: none. After a restart every shard starts where the option `from` says.
 *
 * @example Two workers of one process, one shard
 * ```ts
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const checkpointer = new MemoryCheckpointer();
 * await checkpointer.create({
 *   streamName: "orders",
 *   shardId: "shardId-000000000000",
 *   checkpoint: { type: "TRIM_HORIZON" },
 *   parentShardIds: [],
 * });
 * const [lease] = await checkpointer.list("orders");
 * assertEquals((await checkpointer.take(lease!, "worker-1"))?.owner, "worker-1");
 * assertEquals(await checkpointer.take(lease!, "worker-2"), undefined); // too late
 * ```
 */
export class MemoryCheckpointer implements Checkpointer {
  readonly #streams = new Map<string, Map<string, StoredLease>>();

  /** All leases of a stream; the objects are copies. */
  list(
    streamName: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease[]> {
    return attempt(options, () => {
      const rows = this.#rows(streamName);
      return Array.from(
        rows,
        ([shardId, row]) => read(row, streamName, shardId),
      );
    });
  }

  /**
   * Stores a lease if there is none for that shard. Resolves with whether it did.
   *
   * @throws {TypeError} if the lease has an empty id or a checkpoint that is not one
   */
  create(
    lease: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    return attempt(options, () => {
      const { streamName, shardId } = lease;
      const row = encodeLease(creating(lease));
      const rows = this.#rows(streamName);
      if (rows.has(shardId)) return false;
      this.#streams.set(streamName, rows.set(shardId, row));
      return true;
    });
  }

  /**
   * Makes `owner` the holder. Resolves with the stored lease, or with `undefined` if its counter
   * has moved.
   *
   * @throws {TypeError} if the owner is empty
   */
  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return attempt(options, () => this.#write(lease, taking(lease, owner)));
  }

  /**
   * Adds 1 to the counter. Resolves with the stored lease, or with `undefined` if the lease is
   * lost.
   */
  renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return attempt(options, () => this.#write(lease, renewing(lease, options)));
  }

  /**
   * Sets the checkpoint. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {TypeError} if the checkpoint is not one, for example has an invalid date
   */
  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return attempt(
      options,
      () => this.#write(lease, checkpointing(lease, checkpoint, options)),
    );
  }

  /**
   * Removes the owner. Resolves with the stored lease, or with `undefined` if the lease is lost.
   */
  release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return attempt(options, () => this.#write(lease, releasing(lease)));
  }

  /**
   * Asks the holder for the lease, or withdraws that. Resolves with the stored lease, or with
   * `undefined` if its owner or requester is another one.
   *
   * @throws {TypeError} if the requester is empty
   */
  request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return attempt(
      options,
      () => this.#write(lease, requesting(lease, requester)),
    );
  }

  /**
   * Replaces the lease by another one if its counter has not moved. Resolves with whether it did.
   *
   * @throws {TypeError} if `next` has a checkpoint that is not one
   */
  replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    return attempt(
      options,
      () => this.#write(lease, replacing(lease, next)) !== undefined,
    );
  }

  /** Deletes the lease if its counter has not moved. Resolves with whether it did. */
  delete(lease: Lease, options?: CheckpointerCallOptions): Promise<boolean> {
    return attempt(options, () => {
      const { streamName, shardId } = lease;
      const rows = this.#rows(streamName);
      const row = rows.get(shardId);
      if (!row || !isCurrent(row, lease)) return false;
      rows.delete(shardId);
      if (rows.size === 0) this.#streams.delete(streamName);
      return true;
    });
  }

  #rows(streamName: string): Map<string, StoredLease> {
    return this.#streams.get(streamName) ?? new Map<string, StoredLease>();
  }

  #write(lease: Lease, transition: Transition): Lease | undefined {
    const { streamName, shardId } = lease;
    const rows = this.#rows(streamName);
    const row = rows.get(shardId);
    const next = row && transition(read(row, streamName, shardId));
    if (!next) return undefined;
    const nextRow = encodeLease(next);
    rows.set(shardId, nextRow);
    return read(nextRow, streamName, shardId);
  }
}

/** Makes a new lease of a row, so that a caller who changes it does not change the row. */
function read(row: StoredLease, streamName: string, shardId: string): Lease {
  return decodeLease(row, { streamName, shardId, key: `"${shardId}"` });
}

/**
 * Runs the work synchronously, so it is atomic within the process. An error becomes a rejection.
 */
function attempt<T>(
  options: CheckpointerCallOptions | undefined,
  work: () => T,
): Promise<T> {
  return new Promise((resolve) => {
    options?.signal?.throwIfAborted();
    resolve(work());
  });
}
