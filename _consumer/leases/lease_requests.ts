/**
 * The leases of living workers that this worker has asked for, and those that others have asked
 * for.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { LeaseTable } from "./lease_table.ts";

/** The least pause between two looks while the holder of a lease is asked, in milliseconds. */
const ASKING_MS = 500;

/** The options that matter here. */
export type LeaseRequestOptions = Pick<
  ConsumerSettings,
  "clock" | "handoffTimeoutMs" | "workerId"
>;

/** A request of another worker. */
interface OtherRequest {
  readonly requester: string;
  /** When it was first seen, in milliseconds of the monotonic clock. */
  readonly since: number;
}

/**
 * Asks the holders of leases to pass them on. A request stands in the row of the lease until the
 * holder has passed the lease on, or another worker has taken it.
 *
 * The times are measured with the clock of this worker, from when it first saw a request: the
 * clocks of the workers need not agree.
 */
export class LeaseRequests {
  readonly #options: LeaseRequestOptions;
  readonly #table: LeaseTable;
  /** When each request of this worker was stored, in milliseconds of the monotonic clock. */
  readonly #mine = new Map<string, number>();
  #others = new Map<string, OtherRequest>();
  /** Whether a lease was asked for since the last look. */
  #hasAsked = false;

  /** Starts without requests. */
  constructor(options: LeaseRequestOptions, table: LeaseTable) {
    this.#options = options;
    this.#table = table;
  }

  /** The shards whose lease this worker has asked for, and that are not passed on yet. */
  get waiting(): ReadonlySet<string> {
    return new Set([...this.#mine.keys()].filter((id) => !this.isPassed(id)));
  }

  /** Whether no lease is asked for. */
  get isEmpty(): boolean {
    return this.#mine.size === 0;
  }

  /** Whether the holder of a lease has passed it on to this worker. */
  isPassed(shardId: string): boolean {
    return this.#mine.has(shardId) &&
      this.#table.leases.get(shardId)?.owner === this.#options.workerId;
  }

  /** Whether the holder of a lease has not passed it on within `handoffTimeoutMs`. */
  isOverdue(shardId: string): boolean {
    const since = this.#mine.get(shardId);
    return since !== undefined && !this.isPassed(shardId) &&
      this.#isOver(since);
  }

  /**
   * The other worker that a lease will soon be passed on to. A request that has stood for
   * `handoffTimeoutMs` does not count: the worker that has made it may be dead.
   */
  promisedTo({ shardId }: Lease): string | undefined {
    const other = this.#others.get(shardId);
    return other && !this.#isOver(other.since) ? other.requester : undefined;
  }

  /**
   * A lease as it will soon be: if another worker asks for it, that worker is the owner. A request
   * that does not count any more is not shown.
   */
  asSoon(lease: Lease): Lease {
    const owner = this.promisedTo(lease);
    if (owner !== undefined) return { ...lease, owner };
    const { requestedBy, ...rest } = lease;
    return requestedBy === undefined ? lease : rest;
  }

  /** The time until the next look that a request needs, in milliseconds. */
  get pauseMs(): number {
    const { clock, handoffTimeoutMs } = this.#options;
    if (this.#hasAsked) return ASKING_MS;
    const now = monotonicNow(clock);
    let pauseMs = Infinity;
    for (const since of this.#mine.values()) {
      pauseMs = Math.min(pauseMs, since + handoffTimeoutMs - now);
    }
    return Math.max(pauseMs, ASKING_MS);
  }

  /** Compares the requests with the leases. Call it after the leases were read. */
  note(): void {
    const { clock, workerId } = this.#options;
    const { leases, listedAt } = this.#table;
    const now = monotonicNow(clock);
    const others = new Map<string, OtherRequest>();
    this.#hasAsked = false;
    for (const { shardId, owner, requestedBy } of leases.values()) {
      if (requestedBy === undefined || owner === workerId) continue;
      if (requestedBy === workerId) {
        // This worker has sent the request, but the answer was lost; or an earlier run of it has.
        if (!this.#mine.has(shardId)) this.#mine.set(shardId, now);
        continue;
      }
      const before = this.#others.get(shardId);
      const isKnown = before?.requester === requestedBy;
      others.set(
        shardId,
        isKnown ? before : { requester: requestedBy, since: now },
      );
    }
    this.#others = others;
    for (const [shardId, since] of this.#mine) {
      // A list that was asked for before the request may not show it.
      if (since < listedAt && !this.#stands(shardId)) {
        this.#mine.delete(shardId);
      }
    }
  }

  /** Asks the holder of a lease. Does nothing if another worker has asked meanwhile. */
  async ask({ shardId }: Lease): Promise<void> {
    const { clock, workerId } = this.#options;
    const lease = this.#table.leases.get(shardId);
    if (!lease || !await this.#table.request(lease, workerId)) return;
    this.#mine.set(shardId, monotonicNow(clock));
    this.#hasAsked = true;
  }

  /** Forgets a request, because this worker has the lease. */
  noteTaken(shardId: string): void {
    this.#mine.delete(shardId);
  }

  /**
   * Takes all requests back, because this worker closes. A lease that was passed on meanwhile is
   * given back. Errors are not reported: a request without a worker costs its holder one handoff.
   */
  async withdrawAll(): Promise<void> {
    const shardIds = [...this.#mine.keys()];
    this.#mine.clear();
    await Promise.all(
      shardIds.map((shardId) => this.#withdraw(shardId).catch(() => {})),
    );
  }

  async #withdraw(shardId: string): Promise<void> {
    const { workerId } = this.#options;
    const seen = this.#table.leases.get(shardId);
    if (!seen) return;
    if (seen.owner !== workerId) {
      const request = { ...seen, requestedBy: workerId };
      if (await this.#table.request(request, undefined)) return;
    }
    const { streamName } = seen;
    const stored = (await this.#table.list(streamName, {}))
      .find((lease) => lease.shardId === shardId);
    if (stored?.owner === workerId) await this.#table.release(stored);
  }

  /** Whether the request is in the row of the lease, or the lease was passed on. */
  #stands(shardId: string): boolean {
    const { workerId } = this.#options;
    const lease = this.#table.leases.get(shardId);
    return lease !== undefined && !this.#table.isFinished(shardId) &&
      (lease.owner === workerId || lease.requestedBy === workerId);
  }

  #isOver(since: number): boolean {
    const { clock, handoffTimeoutMs } = this.#options;
    return monotonicNow(clock) - since >= handoffTimeoutMs;
  }
}
