/**
 * Which shards and leases a stream has, and which of them can be relied upon.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import { SharedRead } from "./shared_read.ts";
import { Lineage } from "./lineage.ts";
import { beginningOf, isClosed } from "../_shards/shard_facts.ts";
import { listShards } from "./list_shards.ts";
import type { Lease, NewLease } from "../checkpoint/mod.ts";
import type { Shard } from "../client/mod.ts";
import type { StartPosition } from "../records.ts";
import {
  notAnewYet,
  oldList,
  progressUnderName,
  recreated,
} from "./census_errors.ts";
import { belongingOf, leasesOfEarlier } from "./earlier_stream.ts";
import { GoneShards } from "./gone_shards.ts";
import { isBegun, type LeaseTable } from "./lease_table.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import { serviceNow } from "./service_now.ts";
import type { ShardWork } from "./shard_work.ts";
import { planLeases, type PlannedLease } from "./start_plan.ts";

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

/** The work for single shards: one that fails or hangs does not keep the others from being read. */
export interface CensusWork {
  /** Writes without which a shard is not read. */
  readonly rows: ShardWork;
  /** Removes leases that are not needed any more. */
  readonly tidying: ShardWork;
  /** Asks whether shards are gone. */
  readonly questions: ShardWork;
}

/** Reads the shards and leases of a stream, and creates the leases that are missing. */
export class Census {
  readonly #options: ConsumerSettings;
  readonly #table: LeaseTable;
  readonly #gone: GoneShards;
  /** When a stream is deleted, all readers ask for their shards at once and share one list. */
  readonly #shardList: SharedRead<Awaited<ReturnType<typeof listShards>>>;
  readonly #work: CensusWork;
  /** Leases that could not be stored yet: where a shard starts is decided once. */
  readonly #planned = new Map<string, PlannedLease>();
  #lineage = new Lineage([]);
  /**
   * When the shards were first listed, in milliseconds since the epoch, by the service's clock.
   */
  #startedAt: number | undefined;
  /** Parents that exist although they are not listed and have no lease. */
  #hidden: readonly string[] = [];

  /** Nothing is read before the first look. `signal` ends {@linkcode Census.existence}. */
  constructor(
    options: ConsumerSettings,
    table: LeaseTable,
    work: CensusWork,
    signal: AbortSignal,
  ) {
    this.#work = work;
    this.#options = options;
    this.#table = table;
    this.#shardList = new SharedRead(() => listShards(options, signal));
    this.#gone = new GoneShards(options, work.questions);
  }

  /** The shards that are listed or have a lease. */
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
   * earlier stream after it has called `letGo` with their shards. Resolves with the shards that
   * start at LATEST and whose lease this call has created.
   */
  async look(
    letGo: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const listed = await listShards(this.#options, signal);
    await this.#table.load(signal);
    this.#startedAt ??= serviceNow(this.#options);
    const leases = this.#table.leases;
    // An old list may name a shard that is gone; such a shard is closed.
    const shards = listed.filter((shard) =>
      !isClosed(shard) || !this.#gone.has(shard.ShardId)
    );
    this.#lineage = new Lineage(shards, leases.values());
    this.#checkList();
    if (leases.size === 0) await this.#checkOtherName(signal);
    const earlier = leasesOfEarlier(leases, new Lineage(listed));
    let fresh: ReadonlySet<string> = new Set();
    if (this.#mustStartAnew(earlier, listed)) {
      this.#lineage = new Lineage(listed);
      this.#gone.clear();
      await this.#startAnew(earlier, letGo, signal);
    } else {
      await this.#putAside(earlier, signal);
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
   * Whether the children of a shard have leases. They must have before the shard is finished, so
   * that every worker that sees a finished parent can take its children. `named` are the children
   * that the last answer named, if the server names them.
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

  /** Deletes the leases of finished shards that are gone. */
  async forgetGone(signal: AbortSignal): Promise<void> {
    const unlisted = this.#table.finished.filter(({ shardId }) =>
      !this.#lineage.shards.has(shardId)
    );
    await this.#gone.ask(unlisted.map(({ shardId }) => shardId), signal);
    const gone = unlisted.filter(({ shardId }) => this.#gone.has(shardId));
    await this.#forget(gone, signal);
  }

  /** Whether a shard is known to have expired. */
  isGone(shardId: string): boolean {
    return this.#gone.has(shardId);
  }

  /** Notes that a reader found its shard gone. */
  noteGone(shardId: string): void {
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
   * Throws if the list is older than a lease: it would make leases of this stream look earlier.
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
   * Throws if the consumer was given the ARN and there is progress under the name, which would be
   * ignored otherwise.
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

  async #createLeases(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const latest = new Set<string>();
    const { leases } = this.#table;
    for (const batch of this.#plan(this.#options.from, leases)) {
      // No shard may get a lease while a child has none.
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
    await this.#reloadIfOutdated(signal);
    return latest;
  }

  /** Leases of an earlier stream may be left whose shards the stream does not have. */
  #mustStartAnew(
    earlier: readonly Lease[],
    listed: readonly Shard[],
  ): boolean {
    if (earlier.length === 0) return false;
    const { leases } = this.#table;
    const ids = new Set(earlier.map(({ shardId }) => shardId));
    return this.#options.onRecreated === "fail" ||
      listed.some(({ ShardId }) => ids.has(ShardId) || !leases.has(ShardId));
  }

  /** Removes leases of an earlier stream, and does without them if that fails. */
  async #putAside(
    leases: readonly Lease[],
    signal: AbortSignal,
  ): Promise<void> {
    if (leases.length === 0) return;
    await this.#forget(leases, signal);
    this.#table.hide(leases);
    this.#link();
  }

  async #forget(leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    await this.#work.tidying.run(
      leases,
      (lease) => this.#table.forget(lease, signal),
    );
  }

  /**
   * Replaces the leases of an earlier stream. The new stream is read from its oldest record, or
   * from the time that the user gave: all its records are newer than the start of the consumer.
   */
  async #startAnew(
    earlier: readonly Lease[],
    letGo: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { stream, onRecreated, hooks, from } = this.#options;
    const shardIds = earlier.map(({ shardId }) => shardId);
    if (onRecreated === "fail") {
      throw recreated(stream, shardIds);
    }
    for (const shardId of shardIds) letGo(shardId);
    this.#planned.clear();
    const old = new Map(earlier.map((lease) => [lease.shardId, lease]));
    const kept = new Map(
      [...this.#table.leases].filter(([shardId]) => !old.has(shardId)),
    );
    const start = from instanceof Date ? from : "TRIM_HORIZON";
    const planned = this.#plan(start, kept).flat().map(({ lease }) => lease);
    // Creates new leases first and replaces old ones last: after a crash in between, an old lease
    // is left, which makes the next worker do all of this again.
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
    await this.#putAside(unlisted, signal);
    this.#link();
    const left = leasesOfEarlier(this.#table.leases, this.#lineage);
    if (left.length > 0) {
      throw notAnewYet(stream, left.length);
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
    });
  }

  /** What this worker has written itself, it knows. */
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
   * Finds parents that exist although they are not listed. Only the parents of shards without
   * progress matter: of all others, the parents were finished before.
   */
  async #askForParents(signal: AbortSignal): Promise<void> {
    const parents = [...this.#table.leases.values()]
      .filter((lease) => !isBegun(lease))
      .flatMap(({ shardId }) => this.#lineage.unknownParentsOf(shardId));
    this.#hidden = await this.#gone.ask(parents, signal);
  }
}
