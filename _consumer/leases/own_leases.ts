/**
 * Tells the leases of this worker from those of another running worker of the same name.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import type { HeldLease } from "./held_lease.ts";

/** A lease that this worker held. */
type LostLease = Pick<HeldLease, "shardId" | "isStill">;

/** What this worker knows of leases that name it and whose shards it does not read. */
export class OwnLeases {
  /** Whether no lease was taken yet. Then the leases with this name are of an earlier run. */
  #isNew = true;
  /** The shards whose lease this worker tried to take, without an answer. */
  readonly #inDoubt = new Set<string>();
  /** Leases that this worker has lost, by shard id. */
  readonly #lost = new Map<string, LostLease>();

  /** Notes that this worker is about to take a lease. */
  noteTaking(shardId: string): void {
    this.#inDoubt.add(shardId);
  }

  /** Notes that the attempt to take a lease was answered. */
  noteAnswer(shardId: string): void {
    this.#inDoubt.delete(shardId);
    this.#lost.delete(shardId);
  }

  /** Notes that this worker has taken its first leases. */
  noteClaimed(): void {
    this.#isNew = false;
  }

  /** Notes that this worker has lost a lease. */
  noteLost(lease: LostLease): void {
    this.#lost.set(lease.shardId, lease);
  }

  /**
   * Whether a lease that names this worker, and whose shard this worker does not read, is its own.
   * If not, another running worker has the same name; the two would take the lease from each other
   * without end.
   */
  isResumable(lease: Lease): boolean {
    return this.#isNew || this.#inDoubt.has(lease.shardId) ||
      this.#lost.get(lease.shardId)?.isStill(lease) === true;
  }
}
