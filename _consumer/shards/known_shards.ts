/**
 * The shards of a stream as they were last listed, with their leases.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { Lineage } from "./lineage.ts";

/** The parents and children of all shards that are listed or have a lease. */
export class KnownShards {
  readonly #table: LeaseTable;
  #lineage = new Lineage([]);

  /** Starts without shards. */
  constructor(table: LeaseTable) {
    this.#table = table;
  }

  /** The shards that are listed or have a lease. */
  get lineage(): Lineage {
    return this.#lineage;
  }

  /** The leases by shard id. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#table.leases;
  }

  /** Takes a new list of shards, with or without the shards that only have a lease. */
  list(shards: Iterable<Shard>, { withLeases }: { withLeases: boolean }): void {
    const leases = withLeases ? this.leases.values() : [];
    this.#lineage = new Lineage(shards, leases);
  }

  /** Adds the shards of the leases. Call it when leases were added or removed. */
  link(): void {
    this.list(this.#lineage.shards.values(), { withLeases: true });
  }

  /** Reads the leases again if another worker has written any. */
  async reloadIfOutdated(signal: AbortSignal): Promise<void> {
    if (!this.#table.isOutdated) return;
    await this.#table.load(signal);
    this.link();
  }
}
