/**
 * The leases of a stream as this worker last saw them. Writes the leases that this worker does not
 * hold; `held_lease.ts` writes those that it holds.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import { inBatches } from "../../_core/in_batches.ts";
import type { Lineage } from "../shards/lineage.ts";
import type { Checkpointer, Lease, NewLease } from "../../checkpoint/mod.ts";
import { LeaseWatch } from "./lease_watch.ts";
import { OwnLeases } from "./own_leases.ts";
import { StoreCalls } from "./store_calls.ts";

/** Most concurrent writes of leases. More would wait for one another in the store. */
const WRITES_AT_ONCE = 32;

/** Options of a {@linkcode LeaseTable}. */
export interface LeaseTableOptions {
  /** Stores the leases. */
  readonly checkpointer: Checkpointer;
  /** The stream as the consumer was given it: its name or its ARN. */
  readonly stream: string;
  /** The name of this worker. */
  readonly workerId: string;
  /**
   * A lease that is not renewed for this long has expired, in milliseconds. Also the time limit
   * of a call.
   */
  readonly failoverTimeMs: number;
  /** Measures the time. */
  readonly clock: Clock;
}

/** Whether a value of the shard was acknowledged, or the shard is finished. */
export function isBegun(lease: Lease | undefined): boolean {
  const type = lease?.checkpoint.type;
  return type === "SEQUENCE" || type === "SHARD_END";
}

/** The leases of a stream as one worker knows them. */
export class LeaseTable {
  /** Calls of the checkpointer. */
  readonly calls: StoreCalls;
  /** Which of the leases that name this worker are its own. */
  readonly own = new OwnLeases();
  readonly #options: LeaseTableOptions;
  readonly #watch: LeaseWatch;
  #leases = new Map<string, Lease>();
  #isOutdated = false;
  #listedAt = -Infinity;
  /** The shards whose leases are not shown until all are read again. */
  #hidden: ReadonlySet<string> = new Set();
  /** Leases that were written while they were listed: the list may show an earlier state. */
  readonly #noted = new Map<string, Lease>();

  /** Starts without leases. */
  constructor(options: LeaseTableOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.failoverTimeMs);
    this.calls = new StoreCalls(options);
  }

  /** The leases by shard id. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }

  /** When the last list that {@linkcode LeaseTable.leases} shows was asked for. */
  get listedAt(): number {
    return this.#listedAt;
  }

  /** Reads all leases. */
  async load(signal: AbortSignal): Promise<void> {
    this.#isOutdated = false;
    this.#hidden = new Set();
    await this.#read({ signal });
  }

  /** Reads the leases between two looks: those that are hidden stay hidden. */
  async glance(signal: AbortSignal): Promise<void> {
    await this.#read({ signal, ms: this.#options.failoverTimeMs / 3 });
  }

  async #read(limits: { signal: AbortSignal; ms?: number }): Promise<void> {
    const { stream, clock } = this.#options;
    this.#noted.clear();
    const askedAt = monotonicNow(clock);
    const listed = await this.list(stream, limits);
    this.#listedAt = askedAt;
    this.#leases = new Map(
      listed.filter(({ shardId }) => !this.#hidden.has(shardId))
        .map((lease) => [lease.shardId, lease]),
    );
    for (const [shardId, lease] of this.#noted) {
      const { counter = -1 } = this.#leases.get(shardId) ?? {};
      if (lease.counter > counter) this.#leases.set(shardId, lease);
    }
    this.#watch.look([...this.#leases.values()], monotonicNow(clock));
  }

  /**
   * Reads the leases of any stream, within `ms` milliseconds (default: `failoverTimeMs`). Does not
   * change {@linkcode LeaseTable.leases}.
   */
  list(
    stream: string,
    { signal, ms }: { signal?: AbortSignal; ms?: number },
  ): Promise<Lease[]> {
    const { checkpointer } = this.#options;
    return this.calls.run(
      (signal) => checkpointer.list(stream, { signal }),
      signal,
      ms,
    );
  }

  /** Creates the leases that are missing, as {@linkcode LeaseTable.create} does. */
  async createAll(
    leases: readonly NewLease[],
    signal: AbortSignal,
  ): Promise<void> {
    await inBatches(
      leases,
      WRITES_AT_ONCE,
      (lease) => this.create(lease, signal),
    );
  }

  /** Stores a lease that is missing. Resolves with `false` if another worker was faster. */
  async create(lease: NewLease, signal: AbortSignal): Promise<boolean> {
    const { checkpointer } = this.#options;
    const isNew = await this.calls.run(
      (signal) => checkpointer.create(lease, { signal }),
      signal,
    );
    if (isNew) this.note({ ...lease, counter: 0 });
    else this.#isOutdated = true;
    return isNew;
  }

  /** Replaces leases. A lease that another worker has written meanwhile is not replaced. */
  async replace(
    leases: readonly (readonly [lease: Lease, next: NewLease])[],
    signal: AbortSignal,
  ): Promise<void> {
    const { checkpointer } = this.#options;
    await inBatches(leases, WRITES_AT_ONCE, async ([lease, next]) => {
      const isReplaced = await this.calls.run(
        (signal) => checkpointer.replace(lease, next, { signal }),
        signal,
      );
      if (isReplaced) this.note({ ...next, counter: lease.counter + 1 });
      else this.#isOutdated = true;
    });
  }

  /** Whether another worker has written a lease that this one has not seen. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /**
   * Makes this worker the holder of a lease. `beginning` is where the shard begins; it is stored
   * if the lease has no starting sequence number. Resolves with `undefined` if another worker was
   * faster.
   */
  async take(
    { startingSequenceNumber, ...rest }: Lease,
    beginning?: string,
  ): Promise<Lease | undefined> {
    const { checkpointer, workerId } = this.#options;
    const lease = {
      ...rest,
      startingSequenceNumber: startingSequenceNumber ?? beginning,
    };
    this.own.noteTaking(lease.shardId);
    // The consumer's signal is not passed on: if a lease is taken while the consumer closes, this
    // worker must know of it, to give it back.
    const taken = await this.calls.run((signal) =>
      checkpointer.take(lease, workerId, { signal })
    );
    this.own.noteAnswer(lease.shardId);
    if (taken) this.note(taken);
    return taken;
  }

  /**
   * Asks the holder of a lease to pass it on to `requester`, or takes that request back. Resolves
   * with `undefined` if the owner or the requester has changed meanwhile.
   */
  async request(
    lease: Lease,
    requester: string | undefined,
  ): Promise<Lease | undefined> {
    const { checkpointer } = this.#options;
    const stored = await this.calls.run((signal) =>
      checkpointer.request(lease, requester, { signal })
    );
    if (stored) this.note(stored);
    return stored;
  }

  /** Gives back a lease that was passed on to this worker, and that this worker does not read. */
  async release(lease: Lease): Promise<void> {
    const { checkpointer } = this.#options;
    await this.calls.run((signal) => checkpointer.release(lease, { signal }));
  }

  /** Whether another worker holds the lease of a shard that is not finished. */
  get hasOthers(): boolean {
    for (const { shardId, owner } of this.#leases.values()) {
      const isOther = owner !== undefined && owner !== this.#options.workerId;
      if (isOther && !this.isFinished(shardId)) return true;
    }
    return false;
  }

  /** The leases of finished shards without a running holder. */
  get finished(): Lease[] {
    return [...this.#leases.values()].filter((lease) =>
      this.isFinished(lease.shardId) &&
      // A holder may die before it gives the lease of a finished shard back. No other worker takes
      // such a lease, so it counts once it has expired.
      (lease.owner === undefined || this.isExpired(lease))
    );
  }

  /** Deletes a lease. A lease that was written meanwhile stays. */
  async forget(lease: Lease, signal: AbortSignal): Promise<void> {
    const { checkpointer } = this.#options;
    const isGone = await this.calls.run(
      (signal) => checkpointer.delete(lease, { signal }),
      signal,
    );
    if (isGone) this.#leases.delete(lease.shardId);
  }

  /** Removes leases from {@linkcode LeaseTable.leases} until they are read again. */
  hide(leases: readonly Lease[]): void {
    this.#hidden = new Set(leases.map(({ shardId }) => shardId));
    for (const shardId of this.#hidden) this.#leases.delete(shardId);
  }

  /** Notes a lease as this worker has just written it. */
  note(lease: Lease): void {
    this.#leases.set(lease.shardId, lease);
    this.#noted.set(lease.shardId, lease);
  }

  /** Whether a shard has been processed to its end. */
  isFinished(shardId: string): boolean {
    return this.#leases.get(shardId)?.checkpoint.type === "SHARD_END";
  }

  /**
   * The leases of shards that may be read now: the shard is not finished, and all its parents are
   * finished. Includes shards that are not listed any more: their readers find out whether they
   * have expired.
   */
  readable(lineage: Lineage, isGone: (shardId: string) => boolean): Lease[] {
    const isFinished = (shardId: string) => this.isFinished(shardId);
    return [...this.#leases.values()].filter((lease) =>
      !isFinished(lease.shardId) &&
      lineage.isReadable(
        lease.shardId,
        isFinished,
        // A shard with progress was readable before, so its parents were finished then.
        (id) => isBegun(lease) || isGone(id),
      )
    );
  }

  /** Whether a lease was not renewed for `failoverTimeMs`. */
  isExpired(lease: Lease): boolean {
    return this.#watch.isExpired(lease, monotonicNow(this.#options.clock));
  }

  /** When a lease was first seen as it is now, in milliseconds of the monotonic clock. */
  movedAt(shardId: string): number | undefined {
    return this.#watch.movedAt(shardId);
  }

  /** Whether a worker holds the lease of a shard, and it has not expired. */
  isHeld(shardId: string): boolean {
    const lease = this.#leases.get(shardId);
    return lease?.owner !== undefined && !this.isExpired(lease);
  }

  /**
   * The time until the next lease of another worker expires, unless it is renewed, in milliseconds.
   */
  get nextExpiryMs(): number {
    const { clock, failoverTimeMs, workerId } = this.#options;
    const now = monotonicNow(clock);
    let next = Infinity;
    for (const { shardId, owner } of this.#leases.values()) {
      if (owner === undefined || owner === workerId) continue;
      const since = this.movedAt(shardId);
      if (since === undefined) continue;
      const left = since + failoverTimeMs - now;
      if (left > 0) next = Math.min(next, left);
    }
    return next;
  }

  /** Whether another running worker holds the lease of the shard or of one of its ancestors. */
  isElsewhere(shardId: string, lineage: Lineage): boolean {
    const isAlive = (id: string) => {
      const lease = this.#leases.get(id);
      return lease !== undefined && lease.owner !== this.#options.workerId &&
        this.#watch.isAlive(lease, monotonicNow(this.#options.clock));
    };
    return isAlive(shardId) || lineage.someAncestor(shardId, isAlive);
  }
}
