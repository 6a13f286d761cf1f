/**
 * The shards whose leases this worker holds: adding, finishing, dropping and closing them.
 *
 * @module
 */
import type { Admission } from "../../_core/admission.ts";
import { LeaseLostError } from "../../errors.ts";
import type { LeaseTable } from "./lease_table.ts";
import type { ShardSession } from "../shard_session.ts";

/** The sessions of this worker by shard id. A shard has at most one. */
export class HeldSessions<T> {
  readonly #table: LeaseTable;
  readonly #writes: Admission;
  readonly #byShard = new Map<string, ShardSession<T>>();

  /** Starts without sessions. `writes` bounds how many writes are under way at once. */
  constructor(table: LeaseTable, writes: Admission) {
    this.#table = table;
    this.#writes = writes;
  }

  /** The sessions by shard id. */
  get byShard(): ReadonlyMap<string, ShardSession<T>> {
    return this.#byShard;
  }

  /** The sessions as they are now; later changes do not change the list. */
  get all(): ShardSession<T>[] {
    return [...this.#byShard.values()];
  }

  /** Adds the session of a lease that was just taken. */
  add(session: ShardSession<T>): void {
    this.#byShard.set(session.shardId, session);
  }

  /**
   * Stops reading a shard whose lease is lost. Returns false if the session was removed before, in
   * which case nothing happens.
   */
  drop(session: ShardSession<T>): boolean {
    if (this.#byShard.get(session.shardId) !== session) return false;
    this.#byShard.delete(session.shardId);
    this.#table.own.noteLost(session.lease);
    session.close(session.lease.lose());
    session.report("lost");
    return true;
  }

  /**
   * Stops reading one shard, stores its progress and gives its lease back. Does nothing if the
   * session was removed before. If the store fails, the lease expires by itself.
   */
  async giveUp(session: ShardSession<T>, reason: unknown): Promise<void> {
    if (this.#byShard.get(session.shardId) !== session) return;
    this.#byShard.delete(session.shardId);
    await session.close(reason);
    await session.checkpoint().catch(() => {});
    await this.#release(session);
  }

  /**
   * Stores that a shard is finished and gives its lease back.
   *
   * @throws {LeaseLostError} if another worker has the lease; nothing is stored then
   */
  async finish(session: ShardSession<T>): Promise<void> {
    await session.finish();
    this.#byShard.delete(session.shardId);
    this.#table.note(session.lease.stored);
    await this.#tryRelease(session);
  }

  /**
   * Stops reading a shard before its end, stores its progress and gives its lease back.
   *
   * @throws {LeaseLostError} if another worker has the lease; nothing is stored then
   */
  async giveBack(session: ShardSession<T>): Promise<void> {
    await session.checkpoint();
    await session.close();
    this.#byShard.delete(session.shardId);
    await this.#release(session);
  }

  /**
   * Stops reading all shards, stores their progress and gives the leases back: each one when
   * `settle` has resolved for its session. Resolves with the errors of the progress that could not
   * be stored, by shard id.
   */
  async closeAll(
    settle: (session: ShardSession<T>) => Promise<void> = async () => {},
  ): Promise<ReadonlyMap<string, unknown>> {
    const failures = new Map<string, unknown>();
    await Promise.all(this.all.map(async (session) => {
      await settle(session);
      if (this.#byShard.get(session.shardId) !== session) return;
      await session.close();
      this.#byShard.delete(session.shardId);
      await this.#writes.run(async () => {
        await session.checkpoint().catch((error) => {
          if (error instanceof LeaseLostError) return;
          failures.set(session.shardId, error);
        });
        // Also if the progress could not be stored: another worker can start at once, and need not
        // wait until the lease has expired.
        await this.#release(session);
      });
    }));
    return failures;
  }

  /**
   * Gives the lease of a shard back that is not finished, to the worker that asks for it if there
   * is one. Reports whether that worked.
   */
  async #release(session: ShardSession<T>): Promise<void> {
    const requester = this.#requesterOf(session);
    const isReleased = requester === undefined
      ? await this.#tryRelease(session)
      : await this.#tryPass(session, requester);
    session.report(isReleased ? "released" : "lost");
  }

  /** The worker that asks for a lease, by the newer of the two states that are known of it. */
  #requesterOf({ lease: { stored, fencingToken } }: ShardSession<T>) {
    const listed = this.#table.leases.get(stored.shardId);
    const isNewer = listed?.owner === fencingToken.owner &&
      listed.counter >= stored.counter;
    const { requestedBy } = isNewer ? listed : stored;
    return requestedBy === fencingToken.owner ? undefined : requestedBy;
  }

  async #tryPass(
    { lease }: ShardSession<T>,
    requester: string,
  ): Promise<boolean> {
    try {
      await lease.passTo(requester);
    } catch {
      return false;
    }
    this.#table.note(lease.stored);
    return true;
  }

  /**
   * Gives a lease back. Resolves with whether that worked; if not, the lease expires by itself
   * after `failoverTimeMs`.
   */
  async #tryRelease({ lease }: ShardSession<T>): Promise<boolean> {
    try {
      await lease.release();
    } catch {
      return false;
    }
    this.#table.note(lease.stored);
    return true;
  }
}
