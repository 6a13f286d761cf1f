/**
 * Knows the shards and the leases of a stream, and creates the leases that are missing.
 *
 * @module
 */
import { notify } from "../../_core/notify.ts";
import { SharedRead } from "../leases/shared_read.ts";
import { Lineage } from "./lineage.ts";
import { beginningOf, isClosed } from "../../_shards/shard_facts.ts";
import { listShards } from "./list_shards.ts";
import type { Lease, NewLease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import type { StartPosition } from "../../records.ts";
import {
  notReplacedYet,
  oldList,
  progressUnderName,
  recreated,
  unknownShards,
  unlistedStart,
} from "./shard_directory_errors.ts";
import { closedBefore } from "./closed_before.ts";
import { belongingOf, leasesOfEarlier } from "./earlier_stream.ts";
import { ExpiredShards } from "./expired_shards.ts";
import { isBegun, type LeaseTable } from "../leases/lease_table.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { serviceNow } from "../reading/service_now.ts";
import type { ShardWork } from "./shard_work.ts";
import { namedShards, planLeases, type PlannedLease } from "./start_plan.ts";

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
  readonly #gone: ExpiredShards;
  /** When a stream is deleted, all readers ask for their shards at once and share one list. */
  readonly #shardList: SharedRead<Awaited<ReturnType<typeof listShards>>>;
  readonly #work: ShardDirectoryWork;
  /** Leases that could not be stored yet. Kept, because a shard's start is decided only once. */
  readonly #planned = new Map<string, PlannedLease>();
  #lineage = new Lineage([]);
  /**
   * When the shards were first listed, in milliseconds since the epoch, by the service's clock.
   */
  #startedAt: number | undefined;
  /** Shards that were closed before the time to start at. */
  #closedBefore: ReadonlySet<string> = new Set();
  /** Shards that the user gave a position for, and that have expired. */
  #expiredStarts: readonly string[] = [];
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
  }

  /** The shards that are listed or have a lease, with their parents and children. */
  get lineage(): Lineage {
    return this.#lineage;
  }

  /**
   * Parents that exist although they are not listed. Their children wait until they are listed.
   */
  get hidden(): readonly string[] {
    return this.#hidden;
  }

  /**
   * Reads shards and leases. Creates the leases that are missing, and replaces the leases of an
   * earlier stream after it has called `stopReading` with their shards. Resolves with the shards that
   * start at LATEST and whose lease this call has created.
   */
  async refresh(
    stopReading: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const listed = await listShards(this.#options, signal);
    await this.#table.load(signal);
    this.#startedAt ??= serviceNow(this.#options);
    const leases = this.#table.leases;
    // A list from an outdated server may still name an expired shard. Such a shard is closed.
    const shards = listed.filter((shard) =>
      !isClosed(shard) || !this.#gone.has(shard.ShardId)
    );
    this.#lineage = new Lineage(shards, leases.values());
    this.#checkList();
    if (leases.size === 0) {
      await this.#checkOtherName(signal);
      await this.#checkStart(signal);
    }
    const earlier = leasesOfEarlier(leases, new Lineage(listed));
    let fresh: ReadonlySet<string> = new Set();
    if (this.#mustReplace(earlier, listed)) {
      this.#lineage = new Lineage(listed);
      this.#gone.clear();
      await this.#replaceEarlier(earlier, stopReading, signal);
    } else {
      await this.#removeEarlier(earlier, signal);
      fresh = await this.#createLeases(signal);
    }
    await this.#askForParents(signal);
    return fresh;
  }

  /** The leases of the shards that may be read now. */
  readable(): Lease[] {
    return this.#table.readable(this.#lineage, (id) => this.#gone.has(id));
  }

  /** Where a listed shard begins. */
  beginningOf(shardId: string): string | undefined {
    return beginningOf(this.#lineage.shards.get(shardId));
  }

  /**
   * Whether all children of a shard have leases. The children's leases must exist before the
   * parent is marked SHARD_END, so that every worker that sees a finished parent can take its
   * children. `named` are the children that the last answer of GetRecords named, if any.
   */
  async hasAllChildren(
    shardId: string,
    named: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const children = this.#lineage.childrenOf(shardId);
    const missing = named.filter((id) => !this.#lineage.has(id));
    if (children.length > 0 && missing.length === 0) return true;
    if (this.#lineage.shards.has(shardId)) return false;
    // The shard and its children may have expired while its last values were processed.
    await this.#gone.ask([shardId, ...missing], signal);
    return [shardId, ...missing].every((id) => this.#gone.has(id));
  }

  /** Deletes the leases of finished shards that have expired. */
  async forgetExpired(signal: AbortSignal): Promise<void> {
    const unlisted = this.#table.finished.filter(({ shardId }) =>
      !this.#lineage.shards.has(shardId)
    );
    await this.#gone.ask(unlisted.map(({ shardId }) => shardId), signal);
    const gone = unlisted.filter(({ shardId }) => this.#gone.has(shardId));
    await this.#forget(gone, signal);
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
    const { shards } = this.#lineage;
    for (const lease of this.#table.leases.values()) {
      const { shardId } = lease;
      if (belongingOf(lease, shards.get(shardId)) !== "later") continue;
      throw oldList(stream, shardId);
    }
  }

  /**
   * Throws if the consumer was given the ARN and there is progress under the name. The progress
   * would be ignored, because leases are stored under what the consumer was given.
   */
  async #checkOtherName(signal: AbortSignal): Promise<void> {
    const { stream, streamName } = this.#options;
    if (stream === streamName) return;
    const { shards } = this.#lineage;
    const mayBeOurs = (await this.#table.list(streamName, { signal })).some(
      ({ shardId, startingSequenceNumber: stored }) => {
        const listed = beginningOf(shards.get(shardId));
        return stored === undefined || listed === undefined ||
          stored === listed;
      },
    );
    if (!mayBeOurs) return;
    throw progressUnderName(stream, streamName);
  }

  /**
   * Finds out, before the first leases are planned, which shards need not be read, and whether all
   * shards that the user named exist.
   *
   * @throws {KinesisError} if a named shard does not exist
   */
  async #checkStart(signal: AbortSignal): Promise<void> {
    const { from, stream } = this.#options;
    const lineage = this.#lineage;
    if (from instanceof Date) {
      this.#closedBefore = await closedBefore(
        from,
        lineage,
        this.#options,
        signal,
      );
      return;
    }
    const unlisted = namedShards(from).filter((id) => !lineage.has(id));
    const hidden = await this.#gone.ask(unlisted, signal);
    if (hidden.length > 0) throw unlistedStart(stream, hidden);
    const isParent = (id: string) => lineage.childrenOf(id).length > 0;
    const unknown = unlisted.filter((id) => !isParent(id));
    if (unknown.length > 0) {
      throw unknownShards(stream, unknown, [...lineage.shards.keys()]);
    }
    this.#expiredStarts = unlisted;
  }

  async #createLeases(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const latest = new Set<string>();
    const { leases } = this.#table;
    for (const batch of this.#plan(this.#options.from, leases)) {
      // Children first: no shard may have a lease while one of its children has none.
      const next = batch.filter(({ lease: { shardId } }) =>
        this.#lineage.childrenOf(shardId).every((id) => leases.has(id))
      ).map((plan) => ({ shardId: plan.lease.shardId, plan }));
      await this.#work.rows.run(next, async ({ shardId, plan }) => {
        const { lease, isLatest } = this.#planned.get(shardId) ?? plan;
        this.#planned.set(shardId, { lease, isLatest });
        const isNew = await this.#table.create(lease, signal);
        this.#planned.delete(shardId);
        if (isNew && isLatest) latest.add(shardId);
      });
    }
    if (this.#expiredStarts.length > 0) {
      // Created once: such a lease is deleted when its shard is finished.
      this.#expiredStarts = this.#expiredStarts.filter((id) => !leases.has(id));
      this.#link();
    }
    await this.#reloadIfOutdated(signal);
    return latest;
  }

  /** Whether the leases of an earlier stream must be replaced before this stream can be read. */
  #mustReplace(
    earlier: readonly Lease[],
    listed: readonly Shard[],
  ): boolean {
    if (earlier.length === 0) return false;
    const { leases } = this.#table;
    const ids = new Set(earlier.map(({ shardId }) => shardId));
    return this.#options.onRecreated === "fail" ||
      listed.some(({ ShardId }) => ids.has(ShardId) || !leases.has(ShardId));
  }

  /** Deletes leases of an earlier stream. If that fails, this worker ignores them. */
  async #removeEarlier(
    leases: readonly Lease[],
    signal: AbortSignal,
  ): Promise<void> {
    if (leases.length === 0) return;
    await this.#forget(leases, signal);
    this.#table.hide(leases);
    this.#link();
  }

  async #forget(leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    await this.#work.deletions.run(
      leases,
      (lease) => this.#table.forget(lease, signal),
    );
  }

  /**
   * Replaces the leases of an earlier stream. The new stream is read from its oldest record, or
   * from the time that the user gave: all its records are newer than the start of the consumer.
   */
  async #replaceEarlier(
    earlier: readonly Lease[],
    stopReading: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { stream, onRecreated, hooks, from } = this.#options;
    const shardIds = earlier.map(({ shardId }) => shardId);
    if (onRecreated === "fail") {
      throw recreated(stream, shardIds);
    }
    for (const shardId of shardIds) stopReading(shardId);
    this.#planned.clear();
    this.#closedBefore = new Set();
    this.#expiredStarts = [];
    const old = new Map(earlier.map((lease) => [lease.shardId, lease]));
    const kept = new Map(
      [...this.#table.leases].filter(([shardId]) => !old.has(shardId)),
    );
    const start = from instanceof Date ? from : "TRIM_HORIZON";
    const planned = this.#plan(start, kept).flat().map(({ lease }) => lease);
    // Creates missing leases first and replaces old ones last. After a crash in between, an old
    // lease is left, and the next worker that sees it repeats all steps.
    await this.#table.createAll(
      planned.filter(({ shardId }) => !old.has(shardId)),
      signal,
    );
    const replacements: [Lease, NewLease][] = [];
    for (const next of planned) {
      const lease = old.get(next.shardId);
      if (lease) replacements.push([lease, next]);
    }
    const { shards } = this.#lineage;
    await this.#table.replace(replacements, signal);
    notify(hooks, "onRecreated", { stream, shardIds });
    await this.#reloadIfOutdated(signal);
    const unlisted = earlier.filter(({ shardId }) => !shards.has(shardId));
    await this.#removeEarlier(unlisted, signal);
    this.#link();
    const left = leasesOfEarlier(this.#table.leases, this.#lineage);
    if (left.length > 0) {
      throw notReplacedYet(stream, left.length);
    }
  }

  #plan(from: StartPosition, leases: ReadonlyMap<string, Lease>) {
    const { stream } = this.#options;
    return planLeases({
      stream,
      lineage: this.#lineage,
      leases,
      from,
      startedAt: this.#startedAt!,
      closedBefore: this.#closedBefore,
      expired: this.#expiredStarts,
    });
  }

  /** Reads the leases again if another worker has written any. */
  async #reloadIfOutdated(signal: AbortSignal): Promise<void> {
    if (!this.#table.isOutdated) return;
    await this.#table.load(signal);
    this.#link();
  }

  #link(): void {
    this.#lineage = new Lineage(
      this.#lineage.shards.values(),
      this.#table.leases.values(),
    );
  }

  /**
   * Finds parents that exist although they are not listed. Asks only for the parents of shards
   * without progress: a shard with progress was readable, so its parents were finished.
   */
  async #askForParents(signal: AbortSignal): Promise<void> {
    const parents = [...this.#table.leases.values()]
      .filter((lease) => !isBegun(lease))
      .flatMap(({ shardId }) => this.#lineage.unknownParentsOf(shardId));
    this.#hidden = await this.#gone.ask(parents, signal);
  }
}
