/**
 * Decides which shards this worker reads, and when: it looks for shards, takes leases, starts
 * children after their parents, and gives everything back.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { notify } from "../_core/notify.ts";
import type { Lease } from "../checkpoint/mod.ts";
import { KinesisError, LeaseLostError } from "../errors.ts";
import { throwIfNotStored } from "./ack_errors.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";
import { Bell } from "./bell.ts";
import { Census, type Existence } from "./census.ts";
import { unlistedParents } from "./census_errors.ts";
import { chooseClaims } from "./claims.ts";
import { HeldLease } from "./held_lease.ts";
import { HeldSessions } from "./held_sessions.ts";
import { inBatches } from "./in_batches.ts";
import { LeaseTable, WRITES_AT_ONCE } from "./lease_table.ts";
import type { Lineage } from "./lineage.ts";
import type { ResolvedConsumerOptions } from "./resolved_options.ts";
import { ShardSession, type SharedByShards } from "./shard_session.ts";
import { SharedRead } from "./shared_read.ts";
import { startPosition } from "./start_plan.ts";
import { Strays } from "./strays.ts";
import { Upkeep } from "./upkeep.ts";

const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** The pause before the next look for the children of a shard that has ended, in milliseconds. */
const CHILDREN_MS = 1000;
/** The pause between two looks of a consumer without a checkpointer, in milliseconds. */
const ALONE_MS = 60_000;

/** What happens in a {@linkcode Coordinator}. */
export interface CoordinatorEvents<T> {
  /** A session has changed its state, has more values, or has fewer unacknowledged values. */
  changed(session: ShardSession<T>): void;
  /** A look at shards and leases has ended, successful or not. */
  synced(): void;
  /** A value has not been acknowledged for `acknowledgeTimeoutMs`. */
  overdue(session: ShardSession<T>, oldest: OldestUnacknowledged): void;
  /** The consumer cannot go on. */
  failed(error: unknown): void;
}

/** Starts and ends the sessions of this worker. */
export class Coordinator<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #shared: SharedByShards;
  readonly #events: CoordinatorEvents<T>;
  readonly #table: LeaseTable;
  readonly #census: Census;
  readonly #sessions: HeldSessions<T>;
  /** When the store answers again after an outage, all leases ask for the list at once. */
  readonly #leaseList: SharedRead<readonly Lease[]>;
  readonly #upkeep: Upkeep<ShardSession<T>>;
  readonly #stop = new AbortController();
  readonly #bell = new Bell();
  readonly #ready: Deferred<void> = deferred();
  #isReady = false;
  #hasSynced = false;
  #loops: Promise<unknown> | undefined;
  #isDone = false;

  /** Nothing happens before {@linkcode Coordinator.start}. */
  constructor(
    options: ResolvedConsumerOptions<T>,
    shared: SharedByShards,
    events: CoordinatorEvents<T>,
  ) {
    this.#options = options;
    this.#shared = shared;
    this.#events = events;
    this.#table = new LeaseTable(options);
    this.#leaseList = new SharedRead(() =>
      this.#table.list(options.stream, { ms: options.failoverTimeMs / 3 })
    );
    this.#census = new Census(options, this.#table, this.#stop.signal);
    this.#sessions = new HeldSessions(options, this.#table);
    this.#upkeep = new Upkeep(options, this.#sessions.byShard, {
      lost: (session) => this.#drop(session),
      overdue: events.overdue,
    });
    // `ready` need not be awaited, so its rejection must not end the program.
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when every shard that this worker holds at first has an iterator. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The sessions of this worker by shard id. */
  get sessions(): ReadonlyMap<string, ShardSession<T>> {
    return this.#sessions.byShard;
  }

  /** All shards that were listed or have a lease. */
  get lineage(): Lineage {
    return this.#census.lineage;
  }

  /** The leases as they were last seen. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#table.leases;
  }

  /** Whether all values up to `until` were handed out. */
  get isDone(): boolean {
    return this.#isDone ||= this.#checkDone();
  }

  /** Starts to look for shards. */
  start(): void {
    this.#loops ??= Promise.all([
      this.#syncLoop(),
      this.#upkeep.run(this.#stop.signal),
    ]);
  }

  /** Looks at shards and leases now if the session is finished: its children can be started. */
  wakeIfFinished(session: ShardSession<T>): void {
    if (session.isFinished) this.#bell.ring();
  }

  /**
   * Stops reading, stores the progress and gives the leases back. A second call only waits.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async close(reason: unknown): Promise<void> {
    const isFirst = !this.#stop.signal.aborted;
    this.#stop.abort(reason);
    this.#ready.reject(reason);
    await this.#loops;
    if (isFirst) throwIfNotStored(await this.#sessions.closeAll());
  }

  /**
   * Stores the progress.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async checkpoint(): Promise<void> {
    throwIfNotStored(await this.#upkeep.storeAll());
  }

  /**
   * Looks at shards and leases again and again. Only this loop decides about shards, one decision
   * after another, so no two decisions start from the same facts.
   */
  async #syncLoop(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, random, maxFailuresInARow: maxFailures } = this.#options;
    const failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures,
      random,
    });
    while (!signal.aborted) {
      this.#bell.silence();
      let pauseMs: number;
      try {
        pauseMs = await this.#syncOrPause(failures);
      } catch (error) {
        if (signal.aborted) return;
        this.#ready.reject(error);
        return this.#events.failed(error);
      }
      this.#events.synced();
      await this.#bell.wait(pauseMs, { clock, signal });
    }
  }

  /** Resolves with the pause before the next look, in milliseconds. */
  async #syncOrPause(failures: FailureStreak): Promise<number> {
    try {
      const pauseMs = await this.#sync();
      failures.end();
      return pauseMs;
    } catch (error) {
      if (this.#stop.signal.aborted || isFinal(error)) throw error;
      const pauseMs = failures.pauseAfter(error);
      this.#report(error, failures.length, pauseMs);
      return pauseMs;
    }
  }

  /** Looks once. Resolves with the pause before the next look, in milliseconds. */
  async #sync(): Promise<number> {
    const { durable, failoverTimeMs } = this.#options;
    const { signal } = this.#stop;
    // Which shards and leases there are.
    const fresh = await this.#census.look((id) => this.#letGo(id), signal);
    // Finished shards first: their children can be claimed below.
    const isWaiting = await this.#finishSessions();
    await this.#census.forgetGone(signal);
    await this.#claim(fresh);
    this.#hasSynced = true;
    this.#settleReady();
    const { hidden } = this.#census;
    if (hidden.length > 0) {
      const error = unlistedParents(hidden);
      this.#report(error, 1, CHILDREN_MS);
    }
    if (isWaiting || hidden.length > 0) return CHILDREN_MS;
    // Without a checkpointer there are no other workers, and a finished shard rings the bell.
    return durable ? failoverTimeMs / 2 : ALONE_MS;
  }

  #drop(session: ShardSession<T>): void {
    if (!this.#sessions.drop(session)) return;
    this.#settleReady();
    this.#bell.ring();
  }

  /** Stops reading a shard of an earlier stream, whose lease is about to be replaced. */
  #letGo(shardId: string): void {
    const session = this.sessions.get(shardId);
    if (!session) return;
    session.lease.lose();
    this.#drop(session);
  }

  /**
   * Stores SHARD_END for the shards that are processed to their end. Resolves with whether a shard
   * has to wait, because its children are not listed yet.
   */
  async #finishSessions(): Promise<boolean> {
    let isWaiting = false;
    const finished: ShardSession<T>[] = [];
    for (const session of this.#sessions.all) {
      if (!session.isFinished) continue;
      if (await this.#hasAllChildren(session)) finished.push(session);
      else isWaiting = true;
    }
    await inBatches(finished, WRITES_AT_ONCE, async (session) => {
      try {
        await this.#sessions.finish(session);
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        this.#drop(session);
      }
    });
    return isWaiting;
  }

  async #hasAllChildren(
    { shardId, childShardIds, hasExpired }: ShardSession<T>,
  ): Promise<boolean> {
    const { signal } = this.#stop;
    return hasExpired ||
      await this.#census.hasAllChildren(shardId, childShardIds, signal);
  }

  async #claim(fresh: ReadonlySet<string>): Promise<void> {
    const { workerId, random, clock } = this.#options;
    const { signal } = this.#stop;
    const claims = chooseClaims({
      workerId,
      leases: this.#census.readable(),
      isExpired: (lease) => this.#table.isExpired(lease),
      isResumable: (lease) => this.#table.isResumable(lease),
      working: new Set(this.sessions.keys()),
      random,
    });
    await inBatches(claims, WRITES_AT_ONCE, async (claim) => {
      if (signal.aborted) return;
      const takenAt = monotonicNow(clock);
      const beginning = this.#census.beginningOf(claim.shardId);
      const lease = await this.#table.take(claim, beginning);
      // If another worker was faster, the next look shows its lease.
      if (lease) this.#startSession(lease, takenAt, fresh.has(lease.shardId));
    });
    this.#table.claimed();
  }

  #startSession(lease: Lease, takenAt: number, isFresh: boolean): void {
    const { checkpointer, clock, failoverTimeMs, from } = this.#options;
    const held = new HeldLease(lease, checkpointer, {
      clock,
      timeoutMs: failoverTimeMs / 3,
      takenAt,
      list: () => this.#leaseList.ask(),
    });
    const session: ShardSession<T> = new ShardSession({
      lease: held,
      position: startPosition(lease, from, isFresh),
      options: this.#options,
      shared: this.#shared,
      strays: Strays.of(this.lineage, lease.shardId),
      existence: () => this.#existenceOf(held),
    }, {
      changed: () => this.#onChange(session),
      failed: this.#events.failed,
    });
    this.#sessions.add(session);
    // If the consumer was closed meanwhile, close() gives this lease back with all others.
    if (!this.#stop.signal.aborted) session.start();
  }

  #onChange(session: ShardSession<T>): void {
    if (session.hasExpired) this.#census.noteGone(session.shardId);
    this.#settleReady();
    this.wakeIfFinished(session);
    this.#events.changed(session);
  }

  async #existenceOf(lease: HeldLease): Promise<Existence> {
    const existence = await this.#census.existence(lease.stored);
    if (existence === "replaced") this.#bell.ring();
    return existence;
  }

  #settleReady(): void {
    if (this.#isReady || !this.#hasSynced) return;
    for (const session of this.sessions.values()) {
      if (!session.hasIterator) return;
    }
    this.#isReady = true;
    this.#ready.resolve();
  }

  #checkDone(): boolean {
    if (this.#options.until !== "caught-up" || !this.#hasSynced) return false;
    for (const session of this.sessions.values()) {
      if (!session.isCaughtUp) return false;
    }
    // A shard that another running worker reads is not waited for; that worker starts its children.
    const isDealtWith = (shardId: string) =>
      this.#table.isFinished(shardId) || this.sessions.has(shardId) ||
      this.#table.isElsewhere(shardId, this.lineage);
    return [...this.lineage.ids].every(isDealtWith);
  }

  #report(error: unknown, attempt: number, retryDelayMs: number): void {
    const { stream, hooks } = this.#options;
    notify(hooks, "onReadError", { stream, error, attempt, retryDelayMs });
  }
}

function isFinal(error: unknown): boolean {
  // Errors of a checkpointer are of unknown kinds, so the consumer tries again after them. A
  // RangeError is a mistake in a program; a TypeError may be one, or `fetch` without a network.
  return error instanceof RangeError ||
    error instanceof KinesisError && !error.retryable &&
      error.code !== "ResourceInUseException"; // the stream is being created
}
