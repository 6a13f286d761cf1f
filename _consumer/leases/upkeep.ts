/**
 * The periodic work for all shards: renewing leases, storing progress, looking for values that are
 * not acknowledged.
 *
 * @module
 */
import type { Admission } from "../../_core/admission.ts";
import { monotonicNow } from "../../_core/clock.ts";
import { every } from "../../_core/every.ts";
import { notify } from "../../_core/notify.ts";
import { LeaseLostError } from "../../errors.ts";
import type { OldestUnacknowledged } from "../../health.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardSession } from "../shard_session.ts";

/** How often the oldest unacknowledged value of each shard is looked at, in milliseconds. */
const OLDEST_MS = 10_000;

/** The options that matter here. */
export type UpkeepOptions = Pick<
  ConsumerSettings,
  | "checkpointIntervalMs"
  | "clock"
  | "durable"
  | "failoverTimeMs"
  | "hooks"
  | "stream"
>;

/** The part of a session that matters here. */
export type KeptSession = Pick<
  ShardSession<unknown>,
  "shardId" | "lease" | "checkpoint" | "checkOldest"
>;

/** The callbacks of {@linkcode Upkeep}. */
export interface UpkeepEvents<S> {
  /** The lease of a session is lost, or could not be renewed for `failoverTimeMs`. */
  lost(session: S): void;
  /** A value has not been acknowledged for `acknowledgeTimeoutMs`. */
  overdue(session: S, oldest: OldestUnacknowledged): void;
}

/**
 * Does the periodic work of each session apart: a shard whose store hangs delays no other shard.
 */
export class Upkeep<S extends KeptSession> {
  readonly #options: UpkeepOptions;
  readonly #sessions: ReadonlyMap<string, S>;
  readonly #events: UpkeepEvents<S>;
  readonly #writes: Admission;
  readonly #renewing = new Map<S, Promise<unknown>>();
  readonly #storing = new Map<S, Promise<unknown>>();

  /** `sessions` may change at any time. `writes` bounds how many writes are under way at once. */
  constructor(
    options: UpkeepOptions,
    sessions: ReadonlyMap<string, S>,
    events: UpkeepEvents<S>,
    writes: Admission,
  ) {
    this.#options = options;
    this.#sessions = sessions;
    this.#events = events;
    this.#writes = writes;
  }

  /** Works until the signal aborts. Resolves when no write is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, durable, failoverTimeMs, checkpointIntervalMs } =
      this.#options;
    if (!durable) return;
    const timing = { clock, signal };
    await Promise.all([
      // A lease is renewed 3 times before it expires, so one failed write does not lose it.
      every(failoverTimeMs / 3, () => this.#renewAll(), timing),
      every(checkpointIntervalMs, () => this.#startStoring(), timing),
      every(OLDEST_MS, () => this.#checkOldest(), timing),
    ]);
    await Promise.all([...this.#renewing.values(), ...this.#storing.values()]);
  }

  /** Stores the progress of all sessions. Resolves with the errors, by shard id. */
  async storeAll(): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>();
    await Promise.all(
      [...this.#sessions.values()].map(async (session) => {
        const error = await this.#errorOf(session, () => session.checkpoint());
        if (error !== undefined) failures.set(session.shardId, error);
      }),
    );
    return failures;
  }

  #renewAll(): void {
    const { clock, failoverTimeMs } = this.#options;
    for (const session of [...this.#sessions.values()]) {
      const { lease } = session;
      const silentMs = monotonicNow(clock) - lease.confirmedAt;
      if (silentMs >= failoverTimeMs) {
        // Other workers may take the lease from now on, so this worker must not read any more.
        lease.lose();
        this.#events.lost(session);
      } else {
        this.#startOnce(this.#renewing, session, () => lease.renew());
      }
    }
  }

  #startStoring(): void {
    for (const session of this.#sessions.values()) {
      this.#startOnce(this.#storing, session, () => session.checkpoint());
    }
  }

  #checkOldest(): void {
    for (const session of [...this.#sessions.values()]) {
      const overdue = session.checkOldest();
      if (overdue) this.#events.overdue(session, overdue);
    }
  }

  /** Starts the work for a session, unless the same work of an earlier time is still under way. */
  #startOnce(
    underWay: Map<S, Promise<unknown>>,
    session: S,
    work: () => Promise<unknown>,
  ): void {
    if (underWay.has(session)) return;
    const done = this.#errorOf(session, work).then(() => {
      underWay.delete(session);
    });
    underWay.set(session, done);
  }

  /** Resolves with the error of the work, or with nothing if it succeeded. */
  async #errorOf(
    session: S,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      await this.#writes.run(work);
      return undefined;
    } catch (error) {
      if (error instanceof LeaseLostError) this.#events.lost(session);
      else this.#report(session, error);
      return error ?? new Error(String(error));
    }
  }

  #report({ shardId }: S, error: unknown): void {
    const { hooks, stream, failoverTimeMs } = this.#options;
    const retryDelayMs = failoverTimeMs / 3;
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt: 1,
      retryDelayMs,
    });
  }
}
