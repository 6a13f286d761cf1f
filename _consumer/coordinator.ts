/**
 * Which shards this worker reads, and when: discovers shards, claims leases, opens children after their parents, and gives
 * everything back.
 *
 * @module
 */
import { Bell } from "./bell.ts";
import { monotonicNow } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { inBatches } from "./in_batches.ts";
import { notify } from "../_core/notify.ts";
import { SharedRead } from "./shared_read.ts";
import { Shares } from "./shares.ts";
import type { Lineage } from "./lineage.ts";
import { Strays } from "./strays.ts";
import type { Lease } from "../checkpoint/mod.ts";
import { CheckpointError, KinesisError, LeaseLostError } from "../errors.ts";
import type { ExpiredEvent } from "../hooks.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";
import { Census } from "./census.ts";
import { chooseClaims } from "./claims.ts";
import { HeldLease } from "./held_lease.ts";
import { LeaseTable, WRITES_AT_ONCE } from "./lease_table.ts";
import type { ResolvedConsumerOptions } from "./resolved_options.ts";
import { ReadAhead } from "./read_ahead.ts";
import { ShardSession, type SharedBounds } from "./shard_session.ts";
import { startPosition } from "./start_plan.ts";
import { Upkeep } from "./upkeep.ts";

const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** How soon to look again for the children of a shard that has ended. */
const CHILDREN_MS = 1000;
/** Expired records that are remembered for the status: the newest of them. */
const MOST_EXPIRED = 1000;

/** Told by a coordinator. */
export interface CoordinatorEvents<T> {
  /** A session has something to take, or has changed its state. */
  changed(session: ShardSession<T>): void;
  /** Shards, leases and sessions were brought together, or that failed. */
  synced(): void;
  /** So many more values of a session are handed out and not acknowledged in order, or less. */
  outstanding(session: ShardSession<T>, difference: number): void;
  /** The application has acknowledged something. */
  acknowledged(): void;
  /** A value of a session has not been acknowledged for longer than the options allow. */
  overdue(session: ShardSession<T>, oldest: OldestUnacknowledged): void;
  /** The consumer cannot go on. */
  failed(error: unknown): void;
}

/** The sessions of this worker. */
export class Coordinator<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #events: CoordinatorEvents<T>;
  readonly #bounds: SharedBounds;
  readonly #table: LeaseTable;
  readonly #census: Census;
  /** After a silence of the store every lease asks for the table at once: they share one list. */
  readonly #leaseList: SharedRead<readonly Lease[]>;
  readonly #upkeep: Upkeep<ShardSession<T>>;
  readonly #stop = new AbortController();
  readonly #sessions = new Map<string, ShardSession<T>>();
  readonly #opened = new WeakSet<ShardSession<T>>();
  readonly #ready: Deferred<void> = deferred();
  /** Rings when there is a reason to look before the time. */
  readonly #bell = new Bell();
  readonly #expired: ExpiredEvent[] = [];
  #synced = false;
  #loops: Promise<unknown> | undefined;
  #done = false;
  #strayValues = 0;

  /** Makes a coordinator; nothing happens before {@linkcode Coordinator.start}. */
  constructor(
    options: ResolvedConsumerOptions<T>,
    events: CoordinatorEvents<T>,
  ) {
    this.#options = options;
    this.#events = events;
    this.#table = new LeaseTable(options);
    this.#leaseList = new SharedRead(() =>
      this.#table.list(options.stream, { ms: options.failoverTimeMs / 3 })
    );
    this.#census = new Census(
      options,
      this.#table,
      this.#stop.signal,
    );
    this.#upkeep = new Upkeep(
      options,
      this.#sessions,
      (session) => this.#drop(session),
    );
    this.#bounds = {
      readAhead: new ReadAhead(options.prefetch),
      unacknowledged: new Shares(options.maxUnacknowledged),
    };
    // Whoever wants to know awaits it; nobody has to.
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when every shard that this worker holds at first has an iterator. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The shards in the hands of this worker. */
  get sessions(): ReadonlyMap<string, ShardSession<T>> {
    return this.#sessions;
  }

  /** All shards that were listed or have a lease. */
  get lineage(): Lineage {
    return this.#census.lineage;
  }

  /** What was seen to have expired before it was read, oldest first. */
  get expired(): readonly ExpiredEvent[] {
    return this.#expired;
  }

  /** The leases as they were last seen. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#table.leases;
  }

  /** Values that were dropped for lying in a shard that is not theirs. */
  get strayValues(): number {
    return this.#strayValues;
  }

  /** Whether everything that was asked for has been handed out. Only with `until`. */
  get isDone(): boolean {
    return this.#done ||= this.#checkDone();
  }

  /** Starts to look for shards. */
  start(): void {
    this.#loops ??= Promise.all([
      this.#syncLoop(),
      this.#upkeep.run(this.#stop.signal),
    ]);
  }

  /** Something has changed that may let a shard be finished, and its children be opened. */
  nudge(session: ShardSession<T>): void {
    if (session.isFinished) this.#bell.ring();
  }

  /**
   * Stops reading, stores what was acknowledged and gives the leases back.
   *
   * @throws {CheckpointError} if progress of some shards could not be stored
   */
  async close(reason: unknown): Promise<void> {
    const first = !this.#stop.signal.aborted;
    this.#stop.abort(reason);
    this.#ready.reject(reason);
    await this.#loops;
    if (!first) return;
    const failures = new Map<string, unknown>();
    await Promise.all([...this.#sessions.values()].map(async (session) => {
      await session.close();
      await session.checkpoint().catch((error) => {
        if (error instanceof LeaseLostError) return;
        failures.set(session.shardId, error);
      });
      // Also when its progress could not be stored: whoever is next need not wait until the lease expires.
      if (await this.#release(session)) this.#tell(session, "released");
    }));
    this.#sessions.clear();
    throwIfAny(failures);
  }

  /**
   * Stores what was acknowledged.
   *
   * @throws {CheckpointError} if progress of some shards could not be stored
   */
  async checkpoint(): Promise<void> {
    throwIfAny(await this.#upkeep.storeAll());
  }

  #drop(session: ShardSession<T>): void {
    if (this.#sessions.get(session.shardId) !== session) return;
    this.#sessions.delete(session.shardId);
    this.#table.lose(session.lease);
    session.close();
    this.#tell(session, "lost");
    this.#settleReady();
    this.#bell.ring();
  }

  /** Gives a lease back; if that fails it expires, which is slower and does as well. Resolves with whether it was given. */
  async #release({ lease }: ShardSession<T>): Promise<boolean> {
    try {
      await lease.release();
    } catch {
      return false;
    }
    this.#table.note(lease.stored);
    return true;
  }

  // Every piece of bookkeeping in one place and one after another: no two decisions are made on the same facts.
  async #syncLoop(): Promise<void> {
    const { signal } = this.#stop;
    const { maxFailuresInARow: maxFailures, random } = this.#options;
    const failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures,
      random,
    });
    while (!signal.aborted) {
      this.#bell.silence();
      let wait: number;
      try {
        wait = await this.#sync();
        failures.end();
      } catch (error) {
        if (signal.aborted) return;
        try {
          if (isFinal(error)) throw error;
          wait = failures.pauseAfter(error);
        } catch {
          this.#ready.reject(error);
          return this.#events.failed(error);
        }
        this.#report(error, failures.length, wait);
      }
      this.#events.synced();
      await this.#bell.wait(wait, { clock: this.#options.clock, signal });
    }
  }

  /** Brings shards, leases and sessions together. Resolves with when to look again, in milliseconds. */
  async #sync(): Promise<number> {
    const { durable, failoverTimeMs } = this.#options;
    const { signal } = this.#stop;
    const fresh = await this.#census.look((id) => this.#letGo(id), signal);
    const waiting = await this.#finishSessions();
    await this.#census.forgetGone(signal);
    await this.#claim(fresh);
    this.#synced = true;
    this.#settleReady();
    const { hidden } = this.#census;
    if (hidden.length > 0) this.#tellHidden(hidden);
    if (waiting || hidden.length > 0) return CHILDREN_MS;
    // Alone with memory, everything that can change is seen by this worker itself.
    return durable ? failoverTimeMs / 2 : 60_000;
  }

  /** The lease of a shard is to be made anew: the stream that it was of is gone. */
  #letGo(shardId: string): void {
    const session = this.#sessions.get(shardId);
    if (!session) return;
    session.lease.lose();
    this.#drop(session);
  }

  /** Marks what was processed to its end. Resolves with whether a shard still has to wait for its children to be listed. */
  async #finishSessions(): Promise<boolean> {
    let waiting = false;
    const finished: ShardSession<T>[] = [];
    for (const session of [...this.#sessions.values()]) {
      if (!session.isFinished) continue;
      if (await this.#hasAllChildren(session)) finished.push(session);
      else waiting = true;
    }
    await inBatches(finished, WRITES_AT_ONCE, async (session) => {
      try {
        await session.finish();
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        return this.#drop(session);
      }
      this.#sessions.delete(session.shardId);
      this.#table.note(session.lease.stored);
      await this.#release(session);
    });
    return waiting;
  }

  async #hasAllChildren(
    { shardId, childShardIds, hasExpired }: ShardSession<T>,
  ): Promise<boolean> {
    return hasExpired ||
      await this.#census.hasAllChildren(
        shardId,
        childShardIds,
        this.#stop.signal,
      );
  }

  async #claim(fresh: ReadonlySet<string>): Promise<void> {
    const { workerId, random, clock } = this.#options;
    const { signal } = this.#stop;
    const claims = chooseClaims({
      workerId,
      leases: this.#census.openable(),
      isExpired: (lease) => this.#table.isExpired(lease),
      isResumable: (lease) => this.#table.isResumable(lease),
      working: new Set(this.#sessions.keys()),
      random,
    });
    await inBatches(claims, WRITES_AT_ONCE, async (claim) => {
      if (signal.aborted) return;
      const takenAt = monotonicNow(clock);
      const beginning = this.#census.beginningOf(claim.shardId);
      const lease = await this.#table.take(claim, beginning);
      // Somebody else was faster: seen at the next look.
      if (lease) this.#open(lease, takenAt, fresh.has(lease.shardId));
    });
    this.#table.claimed();
  }

  #open(lease: Lease, takenAt: number, isFresh: boolean): void {
    const { checkpointer, clock, failoverTimeMs, from } = this.#options;
    const held = new HeldLease(lease, checkpointer, {
      clock,
      timeoutMs: failoverTimeMs / 3,
      takenAt,
      list: () => this.#leaseList.ask(),
    });
    const session: ShardSession<T> = new ShardSession(
      held,
      startPosition(lease, from, isFresh),
      this.#options,
      this.#bounds,
      {
        opened: () => {
          this.#opened.add(session);
          this.#settleReady();
        },
        changed: () => {
          this.nudge(session);
          this.#events.changed(session);
        },
        outstanding: (difference) => {
          this.#events.outstanding(session, difference);
          if (difference < 0) this.nudge(session);
        },
        acknowledged: () => this.#events.acknowledged(),
        overdue: (oldest) => this.#events.overdue(session, oldest),
        strayed: (values) => {
          this.#strayValues += values;
        },
        failed: (error) => this.#events.failed(error),
        expired: (event) => {
          if (event.what === "shard") this.#census.noteGone(event.shardId);
          this.#expired.push(event);
          if (this.#expired.length > MOST_EXPIRED) this.#expired.shift();
        },
        existence: async () => {
          const found = await this.#census.existence(held.stored);
          if (found === "replaced") this.#bell.ring();
          return found;
        },
      },
      Strays.of(this.lineage, lease.shardId),
    );
    this.#sessions.set(lease.shardId, session);
    // Closed meanwhile: it is given back with all the others.
    if (!this.#stop.signal.aborted) session.start();
  }

  #settleReady(): void {
    if (!this.#synced) return;
    for (const session of this.#sessions.values()) {
      if (!this.#opened.has(session)) return;
    }
    this.#ready.resolve();
  }

  #checkDone(): boolean {
    if (this.#options.until !== "caught-up" || !this.#synced) return false;
    for (const session of this.#sessions.values()) {
      if (!session.isCaughtUp) return false;
    }
    // What another living worker reads is not ours to wait for; its children are found when it is done.
    const isDealtWith = (shardId: string) =>
      this.#table.isFinished(shardId) || this.#sessions.has(shardId) ||
      this.#table.isElsewhere(shardId, this.lineage);
    return [...this.lineage.ids].every(isDealtWith);
  }

  #report(error: unknown, attempt: number, retryDelayMs: number): void {
    const { stream, hooks } = this.#options;
    notify(hooks, "onReadError", { stream, error, attempt, retryDelayMs });
  }

  #tellHidden(shardIds: readonly string[]): void {
    const { stream, hooks } = this.#options;
    const error = new KinesisError(
      `Cannot open the children of ${shardIds.join(", ")} yet: ` +
        "the list of shards does not name these parents, and they exist",
      { code: "ShardListIncomplete", retryable: true },
    );
    const retryDelayMs = CHILDREN_MS;
    notify(hooks, "onReadError", { stream, error, attempt: 1, retryDelayMs });
  }

  #tell({ shardId }: ShardSession<T>, state: "lost" | "released"): void {
    const { hooks, stream } = this.#options;
    notify(hooks, "onShard", { stream, shardId, state });
  }
}

function throwIfAny(failures: ReadonlyMap<string, unknown>): void {
  if (failures.size === 0) return;
  throw new CheckpointError(
    `Cannot store the progress of ${[...failures.keys()].join(", ")}: ` +
      "what was processed there since the last checkpoint will be read again",
    { failures, cause: failures.values().next().value },
  );
}

function isFinal(error: unknown): boolean {
  // Errors of a checkpointer are its own; what they mean is not known, so they are tried again.
  return error instanceof KinesisError && !error.retryable &&
    error.code !== "ResourceInUseException"; // the stream is being created
}
