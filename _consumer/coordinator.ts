/**
 * Decides which shards of a stream this worker reads, and when: looks at shards and leases again
 * and again, and has sessions finished, given back and started.
 *
 * @module
 */
import { FailureStreak } from "../_core/failure_streak.ts";
import type { Lease } from "../checkpoint/mod.ts";
import type { Coverage, OldestUnacknowledged } from "../health.ts";
import { Watchdog } from "./health/watchdog.ts";
import { Handoffs } from "./leases/handoffs.ts";
import { hasNews } from "./leases/lease_news.ts";
import { ShardExits } from "./leases/shard_exits.ts";
import { ShardStarts } from "./leases/shard_starts.ts";
import { Upkeep } from "./leases/upkeep.ts";
import { LookLoop } from "./look_loop.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import { Readiness } from "./readiness.ts";
import { isUntilReached } from "./reading/reading_end.ts";
import { serviceNow } from "./reading/service_now.ts";
import type { SharedByShards } from "./session_parts.ts";
import type { ShardSession } from "./shard_session.ts";
import { CoverageAudit } from "./shards/coverage_audit.ts";
import type { Lineage } from "./shards/lineage.ts";
import {
  unlistedChildren,
  unlistedParents,
} from "./shards/shard_directory_errors.ts";
import type { ShardWork } from "./shards/shard_work.ts";
import { StreamCreation } from "./shards/stream_creation.ts";
import { connectParts, type StreamParts } from "./stream_parts.ts";
import { throwIfNotStored } from "./values/ack_errors.ts";

/** The pauses between looks for shards that are not listed yet, in milliseconds. */
const UNLISTED_BACKOFF = { baseMs: 1000, maxMs: 10_000 };
/** The pause between two looks of a consumer without a checkpointer, in milliseconds. */
const ALONE_MS = 60_000;
/**
 * The longest pause between two glances at the leases, in milliseconds. A worker that closes gives
 * its leases back, and the next worker reads within a second.
 */
const GLANCE_MS = 800;
/** The longest pause while a lease is asked for, in milliseconds. */
const ASKING_GLANCE_MS = 500;
const NONE: ReadonlySet<string> = new Set();

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

/** Looks at the shards and leases of one stream, and starts and ends the sessions of this worker. */
export class Coordinator<T> {
  readonly #parts: StreamParts<T>;
  readonly #events: CoordinatorEvents<T>;
  /** Aborts when no further lease is to be taken or passed on. */
  readonly #leaving = new AbortController();
  readonly #stop = new AbortController();
  readonly #loop: LookLoop;
  readonly #creation: StreamCreation;
  readonly #starts: ShardStarts<T>;
  readonly #exits: ShardExits<T>;
  readonly #handoffs: Handoffs<T>;
  readonly #readiness: Readiness;
  readonly #upkeep: Upkeep<ShardSession<T>>;
  readonly #watchdog: Watchdog<ShardSession<T>>;
  readonly #audit: CoverageAudit;
  /** Counts the looks in a row in which the list of shards was not complete. */
  readonly #incomplete: FailureStreak;
  #looking: Promise<unknown> | undefined;
  #loops: Promise<unknown> | undefined;
  #isDone = false;

  /** Nothing happens before {@linkcode Coordinator.start}. */
  constructor(
    options: ResolvedConsumerOptions<T>,
    shared: SharedByShards,
    events: CoordinatorEvents<T>,
  ) {
    const parts = connectParts(options, shared, this.#stop.signal, {
      onLate: () => this.#onSettled(),
      onGivenUp: events.failed,
    });
    const { byShard } = parts.sessions;
    const giveUp = (session: ShardSession<T>, reason: Error) =>
      this.#exits.giveUp(session, reason);
    this.#parts = parts;
    this.#events = events;
    this.#loop = new LookLoop(options, {
      look: () => this.#look(),
      glanceMs: () => this.#glanceMs,
      glance: (signal) => this.#glance(signal),
      isOfStore: (error) => parts.table.calls.caused(error),
      looked: events.synced,
      failed: (error) => this.#fail(error),
    });
    this.#creation = new StreamCreation(options);
    this.#readiness = new Readiness(byShard, parts.work.rows.underWay);
    this.#exits = new ShardExits(parts, () => this.#onSettled());
    const { signal } = this.#leaving;
    this.#handoffs = new Handoffs(parts, {
      passed: () => this.#onSettled(),
    }, signal);
    this.#starts = new ShardStarts(parts, {
      requested: (session) => this.#handoffs.answer(session),
      changed: (session) => this.#onChange(session),
      givenUp: giveUp,
      replaced: () => this.#loop.wake(),
      failed: events.failed,
    });
    this.#upkeep = new Upkeep(options, byShard, {
      lost: (session) => this.#exits.drop(session),
      overdue: events.overdue,
    }, parts.writes);
    this.#watchdog = new Watchdog(options, byShard, { gaveUp: giveUp });
    this.#audit = new CoverageAudit(options);
    this.#incomplete = new FailureStreak({
      backoff: UNLISTED_BACKOFF,
      maxFailures: Infinity,
      random: options.random,
    });
  }

  /** Resolves when every shard that this worker holds at first has an iterator. */
  get ready(): Promise<void> {
    return this.#readiness.promise;
  }

  /** The sessions of this worker by shard id. */
  get sessions(): ReadonlyMap<string, ShardSession<T>> {
    return this.#parts.sessions.byShard;
  }

  /** All shards that were listed or have a lease. */
  get lineage(): Lineage {
    return this.#parts.directory.lineage;
  }

  /** The leases as they were last seen. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#parts.table.leases;
  }

  /** When a lease was first seen as it is now, in milliseconds of the monotonic clock. */
  leaseMovedAt(shardId: string): number | undefined {
    return this.#parts.table.movedAt(shardId);
  }

  /** Whether all hash keys are read. */
  get coverage(): Coverage {
    return this.#audit.coverage;
  }

  /** Whether all values up to `until` were handed out. */
  get isDone(): boolean {
    return this.#isDone ||= this.#checkDone();
  }

  /** Starts to look for shards. */
  start(): void {
    const { signal } = this.#stop;
    this.#looking ??= this.#loop.run(this.#leaving.signal);
    this.#loops ??= Promise.all([
      this.#looking,
      this.#upkeep.run(signal),
      this.#watchdog.run(signal),
    ]);
  }

  /**
   * Looks at shards and leases now if the session is finished: its children can be started, or
   * another shard can take its place.
   */
  wakeIfFinished(session: ShardSession<T>): void {
    if (session.isFinished || this.#parts.room.mayGiveWay(session)) {
      this.#loop.wake();
    }
  }

  /**
   * Stops reading, stores the progress and gives the leases back. `isDraining` says whether to wait
   * for the acknowledgements of the values that are handed out. A second call only waits.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async close(reason: unknown, isDraining = false): Promise<void> {
    const isFirst = !this.#leaving.signal.aborted;
    this.#leaving.abort(reason);
    this.#readiness.fail(reason);
    const drained = isFirst && isDraining ? await this.#drain() : [];
    this.#stop.abort(reason);
    await this.#loops;
    await this.#settled();
    if (!isFirst) return;
    const [left] = await Promise.all([
      this.#parts.sessions.closeAll(),
      this.#parts.requests.withdrawAll(),
    ]);
    throwIfNotStored(new Map([...drained, ...left]));
  }

  /** Gives each lease back when the values of its shard are acknowledged. */
  async #drain(): Promise<ReadonlyMap<string, unknown>> {
    const { signal } = this.#stop;
    await this.#looking;
    await this.#settled();
    return await this.#parts.sessions.closeAll((session) =>
      this.#handoffs.settle(session, signal)
    );
  }

  /** Resolves when no lease is being taken, given up or passed on any more. */
  async #settled(): Promise<void> {
    // A lease that is being taken must be given back.
    await Promise.all(this.#allWork.map((work) => work.settled()));
    await this.#exits.settled();
    await this.#handoffs.settled();
  }

  /**
   * Stores the progress.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  async checkpoint(): Promise<void> {
    throwIfNotStored(await this.#upkeep.storeAll());
  }

  /** Looks once. Resolves with the pause before the next look, in milliseconds. */
  async #look(): Promise<number> {
    return Math.min(
      await this.#sync(),
      this.#parts.setAside.pauseMs,
      this.#parts.requests.pauseMs,
      this.#starts.pauseMs,
      ...this.#allWork.map((work) => work.pauseMs),
    );
  }

  /** Resolves with the pause before the next look, if nothing has to be tried again earlier. */
  async #sync(): Promise<number> {
    const { durable, failoverTimeMs } = this.#parts.options;
    const { signal } = this.#leaving;
    await this.#creation.run(signal);
    // Which shards and leases there are.
    const fresh = await this.#parts.directory.refresh(
      (shardId) => this.#exits.stopReading(shardId),
      signal,
    );
    this.#noteLeases();
    // Finished shards first: their children can be claimed below.
    const waiting = await this.#exits.finish();
    await this.#parts.directory.forgetExpired(signal);
    await this.#exits.giveWay();
    // After `ready` has resolved, a shard must not start at LATEST: the records that were written
    // since then would be left out.
    await this.#starts.claim(this.#readiness.isReached ? NONE : fresh);
    this.#checkCoverage();
    this.#readiness.noteSynced();
    const incompleteMs = this.#pauseIfIncomplete(waiting);
    if (incompleteMs !== undefined) return incompleteMs;
    // Without a checkpointer there are no other workers, and a finished shard ends the wait early.
    return durable
      ? Math.min(failoverTimeMs / 2, this.#parts.table.nextExpiryMs)
      : ALONE_MS;
  }

  /** The pause before the next glance at the leases, in milliseconds. */
  get #glanceMs(): number {
    const { options, requests, table } = this.#parts;
    const { failoverTimeMs, random } = options;
    // Without other workers, no lease becomes free.
    if (!table.hasOthers) return Infinity;
    const longest = requests.isEmpty ? GLANCE_MS : ASKING_GLANCE_MS;
    // Random, so that the workers do not list the leases at the same moment.
    return Math.min(longest, failoverTimeMs / 4) * (4 + random()) / 5;
  }

  /** Reads the leases only. Resolves with whether a look would find something to do. */
  async #glance(signal: AbortSignal): Promise<boolean> {
    const { requests, table } = this.#parts;
    const before = table.leases;
    await table.glance(signal);
    this.#noteLeases();
    return hasNews({
      before,
      after: table.leases,
      isPassed: (shardId) =>
        requests.isPassed(shardId) && !this.sessions.has(shardId),
    });
  }

  /** Does what the leases call for, as they were last read. */
  #noteLeases(): void {
    this.#parts.requests.note();
    this.#exits.dropLost();
    this.#handoffs.answerAll();
  }

  /**
   * The pause before the next look if the list of shards is not complete: it lacks parents, or
   * children of the finished shards in `waiting`.
   */
  #pauseIfIncomplete(waiting: readonly string[]): number | undefined {
    const { hidden } = this.#parts.directory;
    const unlisted = [
      ...hidden.length > 0 ? [unlistedParents(hidden)] : [],
      ...waiting.length > 0 ? [unlistedChildren(waiting)] : [],
    ];
    if (!unlisted[0]) {
      this.#incomplete.end();
      return undefined;
    }
    const pauseMs = this.#incomplete.pauseAfter(unlisted[0]);
    const { length } = this.#incomplete;
    for (const error of unlisted) this.#loop.report(error, length, pauseMs);
    return pauseMs;
  }

  get #allWork(): ShardWork[] {
    const { rows, deletions, lookups } = this.#parts.work;
    return [rows, deletions, lookups];
  }

  /** Late work is done, or a session has ended: the next look can go on with it. */
  #onSettled(): void {
    this.#readiness.check();
    this.#loop.wake();
  }

  #onChange(session: ShardSession<T>): void {
    if (session.hasExpired) this.#parts.directory.noteExpired(session.shardId);
    this.#readiness.check();
    this.wakeIfFinished(session);
    this.#events.changed(session);
  }

  #checkCoverage(): void {
    const { durable, maxShards, until } = this.#parts.options;
    const readable = this.#parts.directory.readable();
    // Without a checkpointer it is not known which shards other workers read. With `until` the
    // shards have their turns one after another.
    const leavesOthers = maxShards !== Infinity &&
      (!durable || until !== undefined);
    this.#audit.look({
      lineage: this.lineage,
      leases: this.leases,
      readable: new Set(readable.map(({ shardId }) => shardId)),
      isRead: (shardId) =>
        this.sessions.has(shardId) || this.#parts.table.isHeld(shardId) ||
        this.#parts.room.passed.has(shardId) || leavesOthers,
    });
  }

  #checkDone(): boolean {
    return this.#readiness.hasSynced && isUntilReached({
      until: this.#parts.options.until,
      serviceNow: serviceNow(this.#parts.options),
      lineage: this.lineage,
      sessions: this.sessions,
      passed: this.#parts.room.passed,
      isFinished: (id) => this.#parts.table.isFinished(id),
      isElsewhere: (id) => this.#parts.table.isElsewhere(id, this.lineage),
    });
  }

  #fail(error: unknown): void {
    this.#readiness.fail(error);
    this.#events.failed(error);
  }
}
