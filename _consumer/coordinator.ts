/**
 * Decides which shards this worker reads, and when: it looks for shards, takes leases, starts
 * children after their parents, and gives everything back.
 *
 * @module
 */
import { Admission } from "../_core/admission.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { notify } from "../_core/notify.ts";
import type { Lease } from "../checkpoint/mod.ts";
import { KinesisError, LeaseLostError } from "../errors.ts";
import type { Coverage, OldestUnacknowledged } from "../health.ts";
import { throwIfNotStored } from "./values/ack_errors.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import { type Existence, ShardDirectory } from "./shards/shard_directory.ts";
import {
  unlistedChildren,
  unlistedParents,
} from "./shards/shard_directory_errors.ts";
import { chooseClaims } from "./leases/claims.ts";
import { CoverageAudit } from "./shards/coverage_audit.ts";
import { HeldLease } from "./leases/held_lease.ts";
import { HeldSessions } from "./leases/held_sessions.ts";
import { LeaseTable } from "./leases/lease_table.ts";
import type { Lineage } from "./shards/lineage.ts";
import { type ReaderFactory, readerFactory } from "./reading/readers.ts";
import { isUntilReached } from "./reading/reading_end.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import { serviceNow } from "./reading/service_now.ts";
import { SetAside } from "./leases/set_aside.ts";
import { ShardRoom } from "./leases/shard_room.ts";
import { ShardSession, type SharedByShards } from "./shard_session.ts";
import { SharedRead } from "./leases/shared_read.ts";
import { ShardWork } from "./shards/shard_work.ts";
import { startPosition } from "./shards/start_plan.ts";
import { BACKOFF, Outage, STORE_OUTAGE_MS } from "./leases/store_outage.ts";
import { StreamCreation } from "./shards/stream_creation.ts";
import { Strays } from "./values/strays.ts";
import { Upkeep } from "./leases/upkeep.ts";
import { Watchdog } from "./health/watchdog.ts";

/** The pauses between looks for shards that are not listed yet, in milliseconds. */
const UNLISTED_BACKOFF = { baseMs: 1000, maxMs: 10_000 };
/**
 * The least pause between two looks, in milliseconds. The shards of a reshard end one after
 * another, and one look after the pause finds several of them.
 */
const LEAST_PAUSE_MS = 250;
/** The pause between two looks of a consumer without a checkpointer, in milliseconds. */
const ALONE_MS = 60_000;
/** Writes of held leases at once. More would wait for one another in the store. */
const LEASE_WRITES = { atOnce: 32, patienceMs: 250 };

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
  readonly #directory: ShardDirectory;
  readonly #creation: StreamCreation;
  readonly #room: ShardRoom;
  readonly #sessions: HeldSessions<T>;
  /** Shared, because all leases ask for the list at once when the store answers after an outage. */
  readonly #leaseList: SharedRead<readonly Lease[]>;
  readonly #upkeep: Upkeep<ShardSession<T>>;
  readonly #watchdog: Watchdog<ShardSession<T>>;
  readonly #audit: CoverageAudit;
  readonly #stop = new AbortController();
  readonly #newReader: ReaderFactory;
  readonly #nextLook = new InterruptibleWait();
  /** Takes leases and stores SHARD_END. Until then a shard, or its children, cannot be read. */
  readonly #rows: ShardWork;
  readonly #deletions: ShardWork;
  readonly #lookups: ShardWork;
  /** Counts the looks in a row in which the list of shards was not complete. */
  readonly #incomplete: FailureStreak;
  /** Failures in a row to list the leases. */
  readonly #outage: Outage;
  /** Shards that this worker has given up. */
  readonly #setAside: SetAside;
  readonly #givingUp = new Set<Promise<void>>();
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
    const { signal } = this.#stop;
    this.#newReader = readerFactory(options, signal);
    const onLate = () => {
      this.#settleReady();
      this.#nextLook.interrupt();
    };
    const limitMs = STORE_OUTAGE_MS;
    this.#rows = new ShardWork(options, {
      signal,
      onLate,
      limitMs,
      onGivenUp: events.failed,
    });
    this.#deletions = new ShardWork(options, { signal, onLate });
    this.#lookups = new ShardWork(options, { signal, onLate });
    this.#incomplete = new FailureStreak({
      backoff: UNLISTED_BACKOFF,
      maxFailures: Infinity,
      random: options.random,
    });
    this.#outage = new Outage({ ...options, shardId: undefined, limitMs });
    const rows = this.#rows;
    const deletions = this.#deletions;
    const lookups = this.#lookups;
    this.#directory = new ShardDirectory(
      options,
      this.#table,
      { rows, deletions, lookups },
      signal,
    );
    this.#creation = new StreamCreation(options);
    this.#room = new ShardRoom(options);
    this.#setAside = new SetAside(options);
    const writes = new Admission({ ...LEASE_WRITES, clock: options.clock });
    this.#sessions = new HeldSessions(options, this.#table, writes);
    this.#upkeep = new Upkeep(options, this.#sessions.byShard, {
      lost: (session) => this.#drop(session),
      overdue: events.overdue,
    }, writes);
    this.#watchdog = new Watchdog(options, this.#sessions.byShard, {
      gaveUp: (session, reason) => this.#giveUp(session, reason),
    });
    this.#audit = new CoverageAudit(options);
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
    return this.#directory.lineage;
  }

  /** The leases as they were last seen. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#table.leases;
  }

  /** When a lease was first seen as it is now, in milliseconds of the monotonic clock. */
  leaseMovedAt(shardId: string): number | undefined {
    return this.#table.movedAt(shardId);
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
    this.#loops ??= Promise.all([
      this.#syncLoop(),
      this.#upkeep.run(this.#stop.signal),
      this.#watchdog.run(this.#stop.signal),
    ]);
  }

  /**
   * Looks at shards and leases now if the session is finished: its children can be started, or
   * another shard can take its place.
   */
  wakeIfFinished(session: ShardSession<T>): void {
    if (session.isFinished || this.#room.mayGiveWay(session)) {
      this.#nextLook.interrupt();
    }
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
    // A lease that is being taken must be given back.
    await Promise.all([
      ...[this.#rows, this.#deletions, this.#lookups].map((work) =>
        work.settled()
      ),
      ...this.#givingUp,
    ]);
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
   * Looks at shards and leases again and again. Only this loop decides which shards to read, so
   * each decision sees the result of the one before.
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
      this.#nextLook.reset();
      let pauseMs: number;
      try {
        pauseMs = await this.#syncOrPause(failures);
      } catch (error) {
        if (signal.aborted) return;
        this.#ready.reject(error);
        return this.#events.failed(error);
      }
      this.#events.synced();
      await delay(LEAST_PAUSE_MS, { clock, signal }).catch(() => {});
      pauseMs = Math.max(0, pauseMs - LEAST_PAUSE_MS);
      await this.#nextLook.wait(pauseMs, { clock, signal });
    }
  }

  /** Resolves with the pause before the next look, in milliseconds. */
  async #syncOrPause(failures: FailureStreak): Promise<number> {
    try {
      const pauseMs = await this.#sync();
      failures.end();
      this.#outage.end();
      return Math.min(
        pauseMs,
        this.#rows.pauseMs,
        this.#deletions.pauseMs,
        this.#lookups.pauseMs,
        this.#setAside.pauseMs,
      );
    } catch (error) {
      if (this.#stop.signal.aborted || isFinal(error)) throw error;
      const streak = this.#table.caused(error) ? this.#outage : failures;
      const pauseMs = streak.pauseAfter(error);
      this.#report(error, streak.length, pauseMs);
      return pauseMs;
    }
  }

  /** Looks once. Resolves with the pause before the next look, in milliseconds. */
  async #sync(): Promise<number> {
    const { durable, failoverTimeMs } = this.#options;
    const { signal } = this.#stop;
    await this.#creation.run(signal);
    // Which shards and leases there are.
    const fresh = await this.#directory.refresh(
      (id) => this.#stopReading(id),
      signal,
    );
    this.#dropLost();
    // Finished shards first: their children can be claimed below.
    const waiting = await this.#finishSessions();
    await this.#directory.forgetExpired(signal);
    await this.#giveWay();
    await this.#claim(fresh);
    this.#look();
    this.#hasSynced = true;
    this.#settleReady();
    const { hidden } = this.#directory;
    const unlisted = [
      ...hidden.length > 0 ? [unlistedParents(hidden)] : [],
      ...waiting.length > 0 ? [unlistedChildren(waiting)] : [],
    ];
    if (unlisted[0]) {
      const pauseMs = this.#incomplete.pauseAfter(unlisted[0]);
      const { length } = this.#incomplete;
      for (const error of unlisted) this.#report(error, length, pauseMs);
      return pauseMs;
    }
    this.#incomplete.end();
    // Without a checkpointer there are no other workers, and a finished shard ends the wait early.
    return durable
      ? Math.min(failoverTimeMs / 2, this.#table.nextExpiryMs)
      : ALONE_MS;
  }

  #drop(session: ShardSession<T>): void {
    if (!this.#sessions.drop(session)) return;
    this.#settleReady();
    this.#nextLook.interrupt();
  }

  /**
   * Gives a lease back, because the values of its shard cannot be processed here. This worker takes
   * it again after a pause, if no other worker has taken it.
   */
  #giveUp(session: ShardSession<T>, reason: Error): void {
    if (this.#stop.signal.aborted) return;
    this.#setAside.add(session.shardId);
    const done = this.#sessions.giveUp(session, reason).then(() => {
      this.#givingUp.delete(done);
      this.#settleReady();
      this.#nextLook.interrupt();
    });
    this.#givingUp.add(done);
  }

  /**
   * Stops reading the shards whose leases another worker has taken since. That worker may have given
   * a lease back already: this one could take it again before its own renewal finds out.
   */
  #dropLost(): void {
    const { workerId } = this.#options;
    for (const session of this.#sessions.all) {
      const stored = this.leases.get(session.shardId);
      if (
        stored && stored.owner !== workerId &&
        stored.counter > session.lease.stored.counter
      ) this.#drop(session);
    }
  }

  /** Stops reading a shard of an earlier stream, whose lease is about to be replaced. */
  #stopReading(shardId: string): void {
    const session = this.sessions.get(shardId);
    if (!session) return;
    session.lease.lose();
    this.#drop(session);
  }

  /**
   * Stores SHARD_END for the shards that are processed to their end. Resolves with the ids of the
   * processed shards whose children are not listed yet: these must wait.
   */
  async #finishSessions(): Promise<string[]> {
    const waiting: string[] = [];
    const finished: ShardSession<T>[] = [];
    await Promise.all(this.#sessions.all.map(async (session) => {
      if (!session.isFinished) return;
      if (await this.#hasAllChildren(session)) finished.push(session);
      else waiting.push(session.shardId);
    }));
    await this.#rows.run(finished, async (session) => {
      try {
        await this.#sessions.finish(session);
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        this.#drop(session);
      }
    });
    return waiting;
  }

  /** Gives back shards that were read as far as `until` says, if others wait for their places. */
  async #giveWay(): Promise<void> {
    const giving = this.#room.givingWay(this.#sessions.all);
    await this.#rows.run(giving, async (session) => {
      try {
        await this.#sessions.giveBack(session);
        this.#room.pass(session.shardId);
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        this.#drop(session);
      }
    });
  }

  async #hasAllChildren(
    { shardId, childShardIds, hasExpired }: ShardSession<T>,
  ): Promise<boolean> {
    const { signal } = this.#stop;
    return hasExpired ||
      await this.#directory.hasAllChildren(shardId, childShardIds, signal);
  }

  async #claim(fresh: ReadonlySet<string>): Promise<void> {
    const { workerId, random, clock } = this.#options;
    const { underWay } = this.#rows;
    const leases = this.#directory.readable().filter(({ shardId }) =>
      this.sessions.has(shardId) ||
      !this.#rows.isPaused(shardId) && !this.#room.passed.has(shardId) &&
        !this.#setAside.has(shardId)
    );
    const isExpired = (lease: Lease) => this.#table.isExpired(lease);
    const room = this.#room.beside(
      new Set([...this.sessions.keys(), ...underWay]).size,
    );
    const now = monotonicNow(clock);
    const free = leases.filter((lease) =>
      !this.sessions.has(lease.shardId) && !underWay.has(lease.shardId) &&
      (lease.owner === undefined || isExpired(lease))
    );
    this.#room.noteFree(free, room, now);
    const claims = chooseClaims({
      workerId,
      leases,
      isExpired,
      isResumable: (lease) => this.#table.isResumable(lease),
      working: new Set(this.sessions.keys()),
      taking: underWay,
      room,
      isLeftOver: (lease) => this.#room.isLeftOver(lease, now),
      random,
    });
    // A lease that was deleted and created again has a free row beside the session. The next renewal
    // ends the session, and the look after it takes the lease.
    const unread = claims.filter(({ shardId }) => !this.sessions.has(shardId));
    await this.#rows.run(unread, async (claim) => {
      const takenAt = monotonicNow(clock);
      const beginning = this.#directory.beginningOf(claim.shardId);
      const lease = await this.#table.take(claim, beginning);
      // Another worker was faster. The next look shows its lease.
      if (!lease) return;
      // After `ready` has resolved, a shard must not start at LATEST: the records that were written
      // since then would be left out.
      const isFresh = !this.#isReady && fresh.has(lease.shardId);
      this.#startSession(lease, takenAt, isFresh);
    });
    this.#table.noteClaimed();
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
      newReader: this.#newReader,
    }, {
      changed: () => this.#onChange(session),
      failed: this.#events.failed,
      givenUp: (reason) => this.#giveUp(session, reason),
    });
    this.#sessions.add(session);
    // If the consumer was closed meanwhile, close() gives this lease back with all others.
    if (!this.#stop.signal.aborted) session.start();
  }

  #onChange(session: ShardSession<T>): void {
    if (session.hasExpired) this.#directory.noteExpired(session.shardId);
    this.#settleReady();
    this.wakeIfFinished(session);
    this.#events.changed(session);
  }

  async #existenceOf(lease: HeldLease): Promise<Existence> {
    const existence = await this.#directory.existence(lease.stored);
    if (existence === "replaced") this.#nextLook.interrupt();
    return existence;
  }

  #look(): void {
    const { durable, maxShards, until } = this.#options;
    const readable = this.#directory.readable();
    // Without a checkpointer it is not known which shards other workers read. With `until` the
    // shards have their turns one after another.
    const leavesOthers = maxShards !== Infinity &&
      (!durable || until !== undefined);
    this.#audit.look({
      lineage: this.lineage,
      leases: this.leases,
      readable: new Set(readable.map(({ shardId }) => shardId)),
      isRead: (shardId) =>
        this.sessions.has(shardId) || this.#table.isHeld(shardId) ||
        this.#room.passed.has(shardId) || leavesOthers,
    });
  }

  #settleReady(): void {
    if (this.#isReady || !this.#hasSynced) return;
    if (this.#rows.underWay.size > 0) return;
    for (const session of this.sessions.values()) {
      if (!session.hasIterator) return;
    }
    this.#isReady = true;
    this.#ready.resolve();
  }

  #checkDone(): boolean {
    return this.#hasSynced && isUntilReached({
      until: this.#options.until,
      serviceNow: serviceNow(this.#options),
      lineage: this.lineage,
      sessions: this.sessions,
      passed: this.#room.passed,
      isFinished: (id) => this.#table.isFinished(id),
      isElsewhere: (id) => this.#table.isElsewhere(id, this.lineage),
    });
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
