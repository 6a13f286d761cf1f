/**
 * Knows which shards of a stream exist, and which of them may be read.
 *
 * @module
 */
import { beginningOf, isClosed } from "../../_shards/shard_facts.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import { SharedRead } from "../leases/shared_read.ts";
import { isBegun, type LeaseTable } from "../leases/lease_table.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { EarlierLeases } from "./earlier_leases.ts";
import { belongingOf, leasesOfEarlier } from "./earlier_stream.ts";
import { ExpiredShards } from "./expired_shards.ts";
import { KnownShards } from "./known_shards.ts";
import { LeaseCreation } from "./lease_creation.ts";
import { Lineage } from "./lineage.ts";
import { listShards } from "./list_shards.ts";
import { oldList } from "./shard_directory_errors.ts";
import type { ShardWork } from "./shard_work.ts";

/** What happened to a shard after the service refused a request for it. */
export type Existence =
  /** The shard is listed, and open. */
  | "open"
  /** The shard is listed, and closed: no further records will come. */
  | "closed"
  /** The shard is not listed. If GetRecords does not know it either, it has expired. */
  | "gone"
  /** The stream was deleted, and the shard with this id belongs to a later stream. */
  | "replaced";

/** Whether the children of a shard have leases. */
export type ChildLeases =
  /** All of them, or they have expired. */
  | "stored"
  /** All are listed. The store has refused a lease, or has not answered yet. */
  | "not-stored"
  /** Not all are listed. */
  | "not-listed";

/** The work that is done for each shard alone, so that a failure or delay stops no other shard. */
export interface ShardDirectoryWork {
  /** Writes leases. A shard is read only after its lease is written. */
  readonly rows: ShardWork;
  /** Deletes the leases of finished shards that have expired. */
  readonly deletions: ShardWork;
  /** Asks the service whether shards that are not listed have expired. */
  readonly lookups: ShardWork;
}

/** Reads the shards and leases of a stream, and creates the leases that are missing. */
export class ShardDirectory {
  readonly #options: ConsumerSettings;
  readonly #table: LeaseTable;
  readonly #work: ShardDirectoryWork;
  readonly #gone: ExpiredShards;
  readonly #known: KnownShards;
  readonly #creation: LeaseCreation;
  readonly #earlier: EarlierLeases;
  /** When a stream is deleted, all readers ask for their shards at once and share one list. */
  readonly #shardList: SharedRead<Awaited<ReturnType<typeof listShards>>>;
  /** Parents that exist although they are not listed and have no lease. */
  #hidden: readonly string[] = [];

  /** Nothing is read before the first refresh. `signal` ends {@linkcode ShardDirectory.existence}. */
  constructor(
    options: ConsumerSettings,
    table: LeaseTable,
    work: ShardDirectoryWork,
    signal: AbortSignal,
  ) {
    this.#work = work;
    this.#options = options;
    this.#table = table;
    this.#shardList = new SharedRead(() => listShards(options, signal));
    this.#gone = new ExpiredShards(options, work.lookups);
    this.#known = new KnownShards(table);
    const { rows, deletions } = work;
    const parts = { options, table, known: this.#known };
    this.#creation = new LeaseCreation({ ...parts, gone: this.#gone, rows });
    const creation = this.#creation;
    this.#earlier = new EarlierLeases({ ...parts, creation, deletions });
  }

  /** The shards that are listed or have a lease, with their parents and children. */
  get lineage(): Lineage {
    return this.#known.lineage;
  }

  /**
   * Parents that exist although they are not listed. Their children wait until they are listed.
   */
  get hidden(): readonly string[] {
    return this.#hidden;
  }

  /**
   * Reads shards and leases. Creates the leases that are missing, and replaces the leases of an
   * earlier stream after it has called `stopReading` with their shards. Resolves with the shards
   * that start at LATEST and whose lease this call has created.
   */
  async refresh(
    stopReading: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const listed = await listShards(this.#options, signal);
    await this.#table.load(signal);
    this.#creation.noteListed();
    const { leases } = this.#table;
    // A list from an outdated server may still name an expired shard. Such a shard is closed.
    const shards = listed.filter((shard) =>
      !isClosed(shard) || !this.#gone.has(shard.ShardId)
    );
    this.#known.list(shards, { withLeases: true });
    this.#checkList();
    if (leases.size === 0) await this.#creation.checkStart(signal);
    const earlier = leasesOfEarlier(leases, new Lineage(listed));
    let fresh: ReadonlySet<string> = new Set();
    if (this.#earlier.mustReplace(earlier, listed)) {
      this.#known.list(listed, { withLeases: false });
      this.#gone.clear();
      await this.#earlier.replace(earlier, stopReading, signal);
    } else {
      await this.#earlier.remove(earlier, signal);
      fresh = await this.#creation.createMissing(signal);
    }
    await this.#askForParents(signal);
    return fresh;
  }

  /** The leases of the shards that may be read now. */
  readable(): Lease[] {
    return this.#table.readable(this.lineage, (id) => this.#gone.has(id));
  }

  /** Where a listed shard begins. */
  beginningOf(shardId: string): string | undefined {
    return beginningOf(this.lineage.shards.get(shardId));
  }

  /**
   * Whether all children of a shard have leases. The children's leases must exist before the
   * parent is marked SHARD_END, so that every worker that sees a finished parent can take its
   * children. `named` are the children that the last answer of GetRecords named, if any.
   */
  async childLeases(
    shardId: string,
    named: readonly string[],
    signal: AbortSignal,
  ): Promise<ChildLeases> {
    const children = this.lineage.childrenOf(shardId);
    const missing = named.filter((id) => !this.lineage.has(id));
    if (children.length > 0 && missing.length === 0) {
      const { leases } = this.#table;
      return children.every((id) => leases.has(id)) ? "stored" : "not-stored";
    }
    if (this.lineage.shards.has(shardId)) return "not-listed";
    // The shard and its children may have expired while its last values were processed.
    await this.#gone.ask([shardId, ...missing], signal);
    const areGone = [shardId, ...missing].every((id) => this.#gone.has(id));
    return areGone ? "stored" : "not-listed";
  }

  /** Deletes the leases of finished shards that have expired. */
  async forgetExpired(signal: AbortSignal): Promise<void> {
    const unlisted = this.#table.finished.filter(({ shardId }) =>
      !this.lineage.shards.has(shardId)
    );
    await this.#gone.ask(unlisted.map(({ shardId }) => shardId), signal);
    const gone = unlisted.filter(({ shardId }) => this.#gone.has(shardId));
    await this.#work.deletions.run(
      gone,
      (lease) => this.#table.forget(lease, signal),
    );
  }

  /** Notes that the reader of a shard has found that the shard has expired. */
  noteExpired(shardId: string): void {
    this.#gone.add(shardId);
  }

  /**
   * Finds out what happened to a shard after the service refused a request for it. Rejects if the
   * stream does not exist.
   */
  async existence(lease: Lease): Promise<Existence> {
    const { shardId } = lease;
    const shards = await this.#shardList.ask();
    const shard = shards.find(({ ShardId }) => ShardId === shardId);
    if (shard) {
      if (belongingOf(lease, shard) === "earlier") return "replaced";
      return isClosed(shard) ? "closed" : "open";
    }
    const earlier = leasesOfEarlier(this.#table.leases, new Lineage(shards));
    return earlier.some((it) => it.shardId === shardId) ? "replaced" : "gone";
  }

  /**
   * Throws if the list of shards is older than a lease. By such a list, leases of this stream would
   * seem to belong to an earlier stream.
   */
  #checkList(): void {
    const { stream } = this.#options;
    const { shards } = this.lineage;
    for (const lease of this.#table.leases.values()) {
      const { shardId } = lease;
      if (belongingOf(lease, shards.get(shardId)) !== "later") continue;
      throw oldList(stream, shardId);
    }
  }

  /**
   * Finds parents that exist although they are not listed. Asks only for the parents of shards
   * without progress: a shard with progress was readable, so its parents were finished.
   */
  async #askForParents(signal: AbortSignal): Promise<void> {
    const parents = [...this.#table.leases.values()]
      .filter((lease) => !isBegun(lease))
      .flatMap(({ shardId }) => this.lineage.unknownParentsOf(shardId));
    this.#hidden = await this.#gone.ask(parents, signal);
  }
}
