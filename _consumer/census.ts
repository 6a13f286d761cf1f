/**
 * Which shards there are, which leases they have, and what of it can be relied upon.
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

/** What is known of a shard that a reader has trouble with. */
export type Existence =
  /** It is there, and open. */
  | "open"
  /** It is there, and closed: there will be no further records. */
  | "closed"
  /**
   * It is not: for a reader that was told that its shard does not exist, that is the proof that
   * it has expired.
   */
  | "gone"
  /** The stream was deleted, and the shard of this id belongs to a later one. */
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

/** Looks at the shards and leases of a stream, and makes the leases that are missing. */
export class Census {
  readonly #options: ConsumerSettings;
  readonly #table: LeaseTable;
  readonly #gone: GoneShards;
  /** After a deletion of the stream every reader asks for its shard at once: they share one list. */
  readonly #shardList: SharedRead<Awaited<ReturnType<typeof listShards>>>;
  readonly #work: CensusWork;
  /** Leases that could not be stored yet: where a shard starts is decided once. */
  readonly #planned = new Map<string, PlannedLease>();
  #lineage = new Lineage([]);
  /** When shards and leases were first seen, by the clock of the service. */
  #startedAt: number | undefined;
  /** Parents that are neither listed nor leased, and exist all the same. */
  #hidden: readonly string[] = [];

  /** Nothing is known before the first look. `signal` ends {@linkcode Census.existence}. */
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

  /** The shards that were listed or have a lease. */
  get lineage(): Lineage {
    return this.#lineage;
  }

  /** Parents that the list did not name although they exist: their children wait until it does. */
  get hidden(): readonly string[] {
    return this.#hidden;
  }

  /**
   * Looks. Makes the leases that are missing, and makes those of an earlier stream anew after
   * `letGo` was called with their shards. Resolves with the shards that start at LATEST and whose
   * lease was made here and now.
   */
  async look(
    letGo: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const listed = await listShards(this.#options, signal);
    await this.#table.load(signal);
    this.#startedAt ??= serviceNow(this.#options);
    const leases = this.#table.leases;
    // An old list may name a shard that is gone, but not as an open one.
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

  /** The leases of shards that may be read now. */
  readable(): Lease[] {
    return this.#table.readable(this.#lineage, (id) => this.#gone.has(id));
  }

  /** Where a shard begins, as it was listed. */
  beginningOf(shardId: string): string | undefined {
    return beginningOf(this.#lineage.shards.get(shardId));
  }

  /**
   * Whether the children of a shard that was read to its end have leases, so that every worker
   * that sees it finished can take them. `named`: those that its last answer named, if the server
   * does that.
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
    // Everything may have expired while the last records of the shard were processed.
    await this.#gone.ask([shardId, ...missing], signal);
    return [shardId, ...missing].every((id) => this.#gone.has(id));
  }

  /** Removes the leases of finished shards that are gone: they are never listed again. */
  async forgetGone(signal: AbortSignal): Promise<void> {
    const unlisted = this.#table.finished.filter(({ shardId }) =>
      !this.#lineage.shards.has(shardId)
    );
    await this.#gone.ask(unlisted.map(({ shardId }) => shardId), signal);
    const gone = unlisted.filter(({ shardId }) => this.#gone.has(shardId));
    await this.#forget(gone, signal);
  }

  /** A reader found out that its shard is gone. */
  noteGone(shardId: string): void {
    this.#gone.add(shardId);
  }

  /** What has become of a shard whose reader was refused. Rejects when the stream is gone. */
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

  // Taken for the truth, a list that is older than the leases would set them back.
  #checkList(): void {
    const { stream } = this.#options;
    const { shards } = this.#lineage;
    for (const lease of this.#table.leases.values()) {
      const { shardId } = lease;
      if (belongingOf(lease, shards.get(shardId)) !== "later") continue;
      throw oldList(stream, shardId);
    }
  }

  // Progress that was stored while the consumer was given the name must not be passed over
  // without a word.
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
   * Everything in the new stream is newer than the start, so it is read from its beginning, or
   * from the user's time on.
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
    // A crash in between must leave an old lease, which says that all of this is still to be done.
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
   * Only before a shard is opened for the first time: once it has been, its parents were dealt
   * with.
   */
  async #askForParents(signal: AbortSignal): Promise<void> {
    const parents = [...this.#table.leases.values()]
      .filter((lease) => !isBegun(lease))
      .flatMap(({ shardId }) => this.#lineage.unknownParentsOf(shardId));
    this.#hidden = await this.#gone.ask(parents, signal);
  }
}
