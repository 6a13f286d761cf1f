/**
 * The leases of a stream as this worker last saw them, and the few things it does to those that it does not hold.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { inBatches } from "./in_batches.ts";
import { withTimeLimit } from "./time_limit.ts";
import type { Lineage } from "./lineage.ts";
import type { Checkpointer, Lease, NewLease } from "../checkpoint/mod.ts";
import { TimeoutError } from "../errors.ts";
import type { HeldLease } from "./held_lease.ts";
import { LeaseWatch } from "./lease_watch.ts";

/** Writes that are under way at once: thousands would only wait for one another. */
const WRITES_AT_ONCE = 32;

/** What a {@linkcode LeaseTable} needs. */
export interface LeaseTableOptions {
  /** Where the leases are. */
  readonly checkpointer: Checkpointer;
  /** The stream as the user named it: leases are kept by ARN where that is given. */
  readonly stream: string;
  /** This worker. */
  readonly workerId: string;
  /** A lease that stands still for so long has expired; no call may take longer either. In milliseconds. */
  readonly failoverTimeMs: number;
  /** Time. */
  readonly clock: Clock;
}

/** Whether a lease has moved on from where it started. */
export function isBegun(lease: Lease | undefined): boolean {
  const type = lease?.checkpoint.type;
  return type === "SEQUENCE" || type === "SHARD_END";
}

/** A lease that was held. */
type LostLease = Pick<HeldLease, "shardId" | "isStill">;

/** The view of one worker. */
export class LeaseTable {
  readonly #options: LeaseTableOptions;
  readonly #watch: LeaseWatch;
  #leases = new Map<string, Lease>();
  #isOutdated = false;
  /** Whether this worker has not claimed yet: what carries its name is of a life before. */
  #isNew = true;
  /** Shards whose taking was answered by silence. */
  readonly #inDoubt = new Set<string>();
  /** Leases that were written while they were listed: the list may show them as they were before. */
  readonly #noted = new Map<string, Lease>();
  /** Errors of the checkpointer. */
  readonly #errors = new WeakSet<object>();
  /** Leases that this worker has let go of, by shard id. */
  readonly #lost = new Map<string, LostLease>();

  /** Starts with no leases seen. */
  constructor(options: LeaseTableOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.failoverTimeMs);
  }

  /** The leases by shard id. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }

  /** Looks again. */
  async load(signal: AbortSignal): Promise<void> {
    const { stream, clock } = this.#options;
    this.#noted.clear();
    this.#isOutdated = false;
    const listed = await this.list(stream, { signal });
    this.#leases = new Map(listed.map((lease) => [lease.shardId, lease]));
    for (const [shardId, lease] of this.#noted) {
      const { counter = -1 } = this.#leases.get(shardId) ?? {};
      if (lease.counter > counter) this.#leases.set(shardId, lease);
    }
    this.#watch.look([...this.#leases.values()], monotonicNow(clock));
  }

  /**
   * The leases of any stream as they are stored now, within `ms` milliseconds, by default
   * `failoverTimeMs`. Leaves the view of this worker as it is.
   */
  list(
    stream: string,
    { signal, ms }: { signal?: AbortSignal; ms?: number },
  ): Promise<Lease[]> {
    const { checkpointer } = this.#options;
    return this.#inTime(
      (signal) => checkpointer.list(stream, { signal }),
      signal,
      ms,
    );
  }

  /** Stores leases that are missing, as {@linkcode LeaseTable.create} does. */
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
    const isNew = await this.#inTime(
      (signal) => checkpointer.create(lease, { signal }),
      signal,
    );
    if (isNew) this.note({ ...lease, counter: 0 });
    else this.#isOutdated = true;
    return isNew;
  }

  /**
   * Puts leases in the place of others. What was written meanwhile by another worker is left
   * alone.
   */
  async replace(
    leases: readonly (readonly [lease: Lease, next: NewLease])[],
    signal: AbortSignal,
  ): Promise<void> {
    const { checkpointer } = this.#options;
    await inBatches(leases, WRITES_AT_ONCE, async ([lease, next]) => {
      const isReplaced = await this.#inTime(
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

  /** Whether an error is one of the checkpointer. */
  caused(error: unknown): boolean {
    return typeof error === "object" && error !== null &&
      this.#errors.has(error);
  }

  /**
   * Makes this worker the holder. `startingSequenceNumber` is stored if the lease has none.
   * Resolves with `undefined` if another worker was faster.
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
    this.#inDoubt.add(lease.shardId);
    // Without the signal of the consumer: a lease that was taken is to be given back, and so has to be known.
    const taken = await this.#inTime((signal) =>
      checkpointer.take(lease, workerId, { signal })
    );
    this.#inDoubt.delete(lease.shardId);
    this.#lost.delete(lease.shardId);
    if (taken) this.note(taken);
    return taken;
  }

  /** The leases of finished shards that nobody holds. */
  get finished(): Lease[] {
    return [...this.#leases.values()].filter((lease) =>
      this.isFinished(lease.shardId) &&
      // A worker may have died between finishing the shard and giving it back: nobody takes over what is finished.
      (lease.owner === undefined || this.isExpired(lease))
    );
  }

  /** Removes a lease, unless it was written meanwhile. */
  async forget(lease: Lease, signal: AbortSignal): Promise<void> {
    const { checkpointer } = this.#options;
    const isGone = await this.#inTime(
      (signal) => checkpointer.delete(lease, { signal }),
      signal,
    );
    if (isGone) this.#leases.delete(lease.shardId);
  }

  /** Leaves leases out of the view of this worker until it looks again. */
  hide(leases: readonly Lease[]): void {
    for (const { shardId } of leases) this.#leases.delete(shardId);
  }

  /** Takes notice of a write. */
  note(lease: Lease): void {
    this.#leases.set(lease.shardId, lease);
    this.#noted.set(lease.shardId, lease);
  }

  /** This worker does not work on a lease any more that it held. */
  lose(lease: LostLease): void {
    this.#lost.set(lease.shardId, lease);
  }

  /** What is to be claimed has been. */
  claimed(): void {
    this.#isNew = false;
  }

  /**
   * Whether a lease that carries this worker's name, and that it does not work on, is its own. A namesake that runs at the
   * same time is another worker: taking back what it has taken would go on for ever.
   */
  isResumable(lease: Lease): boolean {
    return this.#isNew || this.#inDoubt.has(lease.shardId) ||
      this.#lost.get(lease.shardId)?.isStill(lease) === true;
  }

  /** Whether a shard has been processed to its end. */
  isFinished(shardId: string): boolean {
    return this.#leases.get(shardId)?.checkpoint.type === "SHARD_END";
  }

  /**
   * The leases of shards that may be read now: not finished, but all their parents. A shard that
   * is not listed any more is one of them: its reader finds out whether it is gone.
   */
  readable(lineage: Lineage, isGone: (shardId: string) => boolean): Lease[] {
    const isFinished = (shardId: string) => this.isFinished(shardId);
    return [...this.#leases.values()].filter((lease) =>
      !isFinished(lease.shardId) &&
      lineage.isReadable(
        lease.shardId,
        isFinished,
        // Read before: what was to come before it had come.
        (id) => isBegun(lease) || isGone(id),
      )
    );
  }

  /** Whether the holder of a lease has been silent for too long. */
  isExpired(lease: Lease): boolean {
    return this.#watch.isExpired(lease, monotonicNow(this.#options.clock));
  }

  /** Whether a shard, or one before it, is in the hands of another worker that is seen to be alive: it is not ours to wait for. */
  isElsewhere(shardId: string, lineage: Lineage): boolean {
    const isAlive = (id: string) => {
      const lease = this.#leases.get(id);
      return lease !== undefined && lease.owner !== this.#options.workerId &&
        this.#watch.isAlive(lease, monotonicNow(this.#options.clock));
    };
    return isAlive(shardId) || lineage.someAncestor(shardId, isAlive);
  }

  async #inTime<R>(
    call: (signal: AbortSignal) => Promise<R>,
    signal?: AbortSignal,
    ms: number = this.#options.failoverTimeMs,
  ): Promise<R> {
    const { clock, stream } = this.#options;
    try {
      return await withTimeLimit(call, {
        ms,
        clock,
        signal,
        onTimeout: () =>
          new TimeoutError(
            `Cannot work on the leases of ${stream}: no answer of the checkpointer within ` +
              `${Math.round(ms)} ms. The limit follows 'failoverTimeMs': ` +
              "if the store is that slow, raise it for all workers",
            { timeoutMs: ms },
          ),
      });
    } catch (error) {
      const isObject = typeof error === "object" && error !== null;
      const failure = isObject ? error : new Error(String(error));
      this.#errors.add(failure);
      throw failure;
    }
  }
}
