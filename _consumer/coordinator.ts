/**
 * Which shards this worker reads, and when: discovers shards, claims leases, opens children after their parents, renews,
 * stores progress, and gives everything back.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { Budget } from "../_core/budget.ts";
import { delay } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { notify } from "../_core/notify.ts";
import { Lineage } from "../_shards/lineage.ts";
import type { Lease } from "../checkpoint/mod.ts";
import type { Shard } from "../client/mod.ts";
import { CheckpointError, KinesisError, LeaseLostError } from "../errors.ts";
import type { ShardPosition } from "../records.ts";
import { chooseClaims } from "./claims.ts";
import { HeldLease } from "./held_lease.ts";
import { LeaseWatch } from "./lease_watch.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { ReaderBudget } from "./shard_reader.ts";
import { ShardSession } from "./shard_session.ts";
import { planLeases } from "./start_plan.ts";

const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** How soon to look again for the children of a shard that has ended. */
const CHILDREN_MS = 1000;

/** Told by a coordinator. */
export interface CoordinatorEvents {
  /** Something can be taken, or there is nothing more to come. */
  changed(): void;
  /** So many more values than before are handed out and not acknowledged in order, or less. */
  outstanding(difference: number): void;
  /** The consumer cannot go on. */
  failed(error: unknown): void;
}

/** The sessions of this worker. */
export class Coordinator<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #events: CoordinatorEvents;
  readonly #budget: ReaderBudget;
  readonly #watch: LeaseWatch;
  readonly #stop = new AbortController();
  readonly #sessions = new Map<string, ShardSession<T>>();
  /** Where shards start whose position cannot be stored. */
  readonly #starts = new Map<string, ShardPosition>();
  readonly #opened = new Set<string>();
  readonly #ready: Deferred<void> = deferred();
  #lineage = new Lineage([]);
  #leases = new Map<string, Lease>();
  #synced = false;
  #wake: Deferred<void> = deferred();
  #loops: Promise<unknown> | undefined;
  #done = false;

  /** Makes a coordinator; nothing happens before {@linkcode Coordinator.start}. */
  constructor(options: ResolvedConsumerOptions<T>, events: CoordinatorEvents) {
    this.#options = options;
    this.#events = events;
    this.#watch = new LeaseWatch(options.failoverTimeMs);
    this.#budget = {
      bytes: new Budget(options.prefetchBytes),
      records: new Budget(options.prefetchRecords),
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

  /** All shards that exist. */
  get lineage(): Lineage {
    return this.#lineage;
  }

  /** The leases as they were last seen. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }

  /** Whether everything that was asked for has been handed out. Only with `until`. */
  get isDone(): boolean {
    return this.#done ||= this.#checkDone();
  }

  /** Starts to look for shards. */
  start(): void {
    this.#loops ??= Promise.all([
      this.#syncLoop(),
      this.#every(this.#options.checkpointIntervalMs, () => this.#storeAll()),
      this.#every(this.#options.failoverTimeMs / 3, () => this.#renewAll()),
    ]);
  }

  /** Something has changed that may let a shard be finished, and its children be opened. */
  nudge(session: ShardSession<T>): void {
    if (session.isFinished) this.#wake.resolve();
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
      try {
        await session.close();
        await session.checkpoint();
        await session.lease.release();
        this.#tell(session.shardId, "released");
      } catch (error) {
        if (!(error instanceof LeaseLostError)) {
          failures.set(session.shardId, error);
        }
      }
    }));
    this.#sessions.clear();
    this.#throwIfAny(failures);
  }

  /**
   * Stores what was acknowledged.
   *
   * @throws {CheckpointError} if progress of some shards could not be stored
   */
  async checkpoint(): Promise<void> {
    this.#throwIfAny(await this.#storeAll());
  }

  async #storeAll(): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>();
    await Promise.all([...this.#sessions.values()].map(async (session) => {
      try {
        await session.checkpoint();
      } catch (error) {
        this.#onLeaseError(session, error);
        failures.set(session.shardId, error);
      }
    }));
    return failures;
  }

  async #renewAll(): Promise<void> {
    if (!this.#options.durable) return;
    await Promise.all([...this.#sessions.values()].map(async (session) => {
      try {
        await session.lease.renew();
      } catch (error) {
        this.#onLeaseError(session, error);
      }
    }));
  }

  #onLeaseError(session: ShardSession<T>, error: unknown): void {
    const { clock, failoverTimeMs, hooks, stream } = this.#options;
    const { shardId, lease } = session;
    if (!(error instanceof LeaseLostError)) {
      notify(hooks, "onReadError", {
        stream,
        shardId,
        error,
        attempt: 1,
        retryDelayMs: failoverTimeMs / 3,
      });
      // The others may take it from now on, so it is not ours to read any more.
      if (clock.now() - lease.confirmedAt < failoverTimeMs) return;
      lease.lose(error);
    }
    this.#drop(session);
  }

  #drop(session: ShardSession<T>): void {
    if (this.#sessions.get(session.shardId) !== session) return;
    this.#sessions.delete(session.shardId);
    session.close();
    this.#tell(session.shardId, "lost");
    this.#wake.resolve();
  }

  // Every piece of bookkeeping in one place and one after another: no two decisions are made on the same facts.
  async #syncLoop(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = deferred();
      let wait: number;
      try {
        wait = await this.#sync();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        if (failures >= this.#options.maxAttempts || isFinal(error)) {
          this.#ready.reject(error);
          return this.#events.failed(error);
        }
        wait = this.#retryDelay(error, failures);
      }
      this.#events.changed();
      await this.#sleep(wait);
    }
  }

  /** Brings shards, leases and sessions together. Resolves with when to look again, in milliseconds. */
  async #sync(): Promise<number> {
    const { clock, durable, failoverTimeMs } = this.#options;
    const call = { signal: this.#stop.signal };
    const shards: Shard[] = [];
    const listed = this.#options.client.listAllShards(
      this.#options.target,
      call,
    );
    for await (const shard of listed) shards.push(shard);
    this.#lineage = new Lineage(shards);
    await this.#loadLeases();
    await this.#createLeases();
    const waiting = await this.#finishSessions();
    await this.#forgetExpired();
    this.#watch.look([...this.#leases.values()], clock.now());
    await this.#claim();
    this.#synced = true;
    this.#settleReady();
    if (waiting) return CHILDREN_MS;
    // Alone with memory, everything that can change is seen by this worker itself.
    return durable ? failoverTimeMs / 2 : 60_000;
  }

  async #loadLeases(): Promise<void> {
    const { checkpointer, streamName } = this.#options;
    const { signal } = this.#stop;
    const leases = await checkpointer.list(streamName, { signal });
    this.#leases = new Map(leases.map((lease) => [lease.shardId, lease]));
  }

  async #createLeases(): Promise<void> {
    const { checkpointer, streamName, from, clock } = this.#options;
    const planned = planLeases({
      streamName,
      lineage: this.#lineage,
      hasLease: (shardId) => this.#leases.has(shardId),
      from,
      now: clock.now(),
    });
    if (planned.length > 0) {
      const { signal } = this.#stop;
      await Promise.all(planned.map(async ({ lease, position }) => {
        const created = await checkpointer.create(lease, { signal });
        if (created && position) this.#starts.set(lease.shardId, position);
      }));
      await this.#loadLeases();
    }
    // The same option gives the same start again after a restart.
    if (typeof from === "object" && !(from instanceof Date)) {
      for (const [shardId, position] of Object.entries(from)) {
        this.#starts.set(shardId, position);
      }
    }
  }

  /** Marks what was processed to its end. Resolves with whether a shard still has to wait for its children to be listed. */
  async #finishSessions(): Promise<boolean> {
    let waiting = false;
    for (const session of [...this.#sessions.values()]) {
      if (!session.isFinished) continue;
      // The leases of the children exist by now: whoever sees this shard finished can take them.
      if (this.#lineage.childrenOf(session.shardId).length === 0) {
        waiting = true;
        continue;
      }
      try {
        await session.finish();
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        this.#drop(session);
        continue;
      }
      this.#sessions.delete(session.shardId);
      const lease = this.#leases.get(session.shardId);
      if (lease) {
        this.#leases.set(session.shardId, {
          ...lease,
          owner: undefined,
          checkpoint: { type: "SHARD_END" },
        });
      }
    }
    return waiting;
  }

  // A shard that has expired is never listed again, so nobody needs to know that it is done.
  async #forgetExpired(): Promise<void> {
    const { checkpointer } = this.#options;
    const { signal } = this.#stop;
    for (const lease of this.#leases.values()) {
      if (
        this.#lineage.shards.has(lease.shardId) || lease.owner !== undefined ||
        lease.checkpoint.type !== "SHARD_END"
      ) continue;
      await checkpointer.delete(lease, { signal });
    }
  }

  async #claim(): Promise<void> {
    const { checkpointer, workerId, random, clock } = this.#options;
    const { signal } = this.#stop;
    const now = clock.now();
    const claims = chooseClaims({
      workerId,
      leases: this.#openLeases(),
      isExpired: (lease) => this.#watch.isExpired(lease, now),
      working: new Set(this.#sessions.keys()),
      random,
    });
    for (const claim of claims) {
      const lease = await checkpointer.take(claim, workerId, { signal });
      // Somebody else was faster: seen at the next look.
      if (lease) this.#open(lease);
    }
  }

  /** The leases of shards that are not done and whose parents are. */
  #openLeases(): Lease[] {
    const isFinished = (shardId: string) =>
      this.#leases.get(shardId)?.checkpoint.type === "SHARD_END";
    return [...this.#leases.values()].filter(({ shardId }) =>
      !isFinished(shardId) && this.#lineage.isOpenable(shardId, isFinished)
    );
  }

  #open(lease: Lease): void {
    const { checkpointer, clock, failoverTimeMs } = this.#options;
    this.#leases.set(lease.shardId, lease);
    const { shardId, checkpoint } = lease;
    const start = this.#starts.get(shardId);
    const untouched = checkpoint.type === "TRIM_HORIZON" ||
      checkpoint.type === "AT_TIMESTAMP";
    this.#starts.delete(shardId);
    const position = untouched && start ? start : checkpoint as ShardPosition;
    const session = new ShardSession(
      new HeldLease(lease, checkpointer, {
        clock,
        timeoutMs: failoverTimeMs / 3,
      }),
      position,
      this.#options,
      this.#budget,
      {
        opened: () => {
          this.#opened.add(shardId);
          this.#settleReady();
        },
        changed: () => {
          this.nudge(session);
          this.#events.changed();
        },
        outstanding: (difference) => {
          this.#events.outstanding(difference);
          if (difference < 0) this.nudge(session);
        },
        failed: (error) => this.#events.failed(error),
      },
    );
    this.#sessions.set(shardId, session);
    session.start();
  }

  #settleReady(): void {
    if (!this.#synced) return;
    for (const shardId of this.#sessions.keys()) {
      if (!this.#opened.has(shardId)) return;
    }
    this.#ready.resolve();
  }

  #checkDone(): boolean {
    if (this.#options.until !== "caught-up" || !this.#synced) return false;
    const now = this.#options.clock.now();
    for (const session of this.#sessions.values()) {
      if (!session.isCaughtUp) return false;
    }
    for (const shardId of this.#lineage.shards.keys()) {
      const lease = this.#leases.get(shardId);
      if (!lease || lease.checkpoint.type === "SHARD_END") continue;
      if (this.#sessions.has(shardId)) continue;
      // What another living worker reads is not ours to wait for; its children are found when it is done.
      if (this.#watch.isAlive(lease, now)) continue;
      if (this.#behindAnother(lease, now)) continue;
      return false;
    }
    return true;
  }

  #behindAnother(lease: Lease, now: number): boolean {
    return lease.parentShardIds.some((id) => {
      const parent = this.#leases.get(id);
      return parent !== undefined && this.#watch.isAlive(parent, now);
    });
  }

  #retryDelay(error: unknown, failures: number): number {
    const { stream, hooks, random } = this.#options;
    const retryDelayMs = equalJitter(BACKOFF, failures - 1, random);
    notify(hooks, "onReadError", {
      stream,
      error,
      attempt: failures,
      retryDelayMs,
    });
    return retryDelayMs;
  }

  #tell(shardId: string, state: "lost" | "released"): void {
    const { hooks, stream } = this.#options;
    notify(hooks, "onShard", { stream, shardId, state });
  }

  #throwIfAny(failures: ReadonlyMap<string, unknown>): void {
    if (failures.size === 0) return;
    throw new CheckpointError(
      `Cannot store the progress of ${[...failures.keys()].join(", ")}: ` +
        "what was processed there since the last checkpoint will be read again",
      { failures, cause: failures.values().next().value },
    );
  }

  async #every(ms: number, work: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await delay(ms, { clock, signal });
      } catch {
        return;
      }
      await work();
    }
  }

  /** Waits, or until something happens. */
  async #sleep(ms: number): Promise<void> {
    const { clock } = this.#options;
    const nap = new AbortController();
    const wakeUp = () => nap.abort();
    this.#stop.signal.addEventListener("abort", wakeUp, { once: true });
    this.#wake.promise.then(wakeUp);
    await delay(ms, { clock, signal: nap.signal }).catch(() => {});
    this.#stop.signal.removeEventListener("abort", wakeUp);
  }
}

function isFinal(error: unknown): boolean {
  // Errors of a checkpointer are its own; what they mean is not known, so they are tried again.
  return error instanceof KinesisError && !error.retryable;
}
