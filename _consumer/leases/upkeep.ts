/**
 * The periodic work for all shards: renewing leases, storing progress, looking for values that are
 * not acknowledged.
 *
 * @module
 */
import type { Admission } from "../../_core/admission.ts";
import { monotonicNow } from "../../_core/clock.ts";
import { every } from "../../_core/every.ts";
import { hears, notify } from "../../_core/notify.ts";
import { LeaseLostError } from "../../errors.ts";
import type { OldestUnacknowledged } from "../../health.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardSession } from "../shard_session.ts";

/**
 * The age of each lease is looked at 12 times in `failoverTimeMs`. The age is the time since the
 * last accepted write was sent. The bounds below are in looks. They lie between two looks, so that
 * a look that comes a little early or late decides alike.
 *
 * Example with a `failoverTimeMs` of 12 s, so that a look comes each second: an idle lease is
 * renewed every 4 s. After a checkpoint at 3.7 s, the renewal at 4 s is left out, and the next one
 * comes at 8 s. A lease that is not confirmed any more is given up at an age of 10.5 to 11.5 s.
 */
const LOOKS = 12;
/** A lease of this age is renewed: each third of `failoverTimeMs`, unless progress was stored. */
const RENEWED_AT = 3.5;
/** A renewal that fails is tried again this long after it was sent. */
const RETRIED_AFTER = 1.5;
/**
 * A lease of this age is given up. Other workers may take it at an age of 12 looks, so this worker
 * has stopped by then, also if a look comes late by half a look.
 */
const GIVEN_UP_AT = 10.5;
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
  /** The lease of a session is lost, or will be free for others before it can be renewed. */
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
  /** When the last renewal of each session was sent, in milliseconds of the monotonic clock. */
  readonly #renewedAt = new WeakMap<S, number>();

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
      every(failoverTimeMs / LOOKS, () => this.#renewAll(), timing),
      every(checkpointIntervalMs, () => this.#startStoring(), timing),
      every(OLDEST_MS, () => this.#checkOldest(), timing),
    ]);
    await Promise.all([...this.#renewing.values(), ...this.#storing.values()]);
  }

  /** Stores the progress of all sessions. Resolves with the errors, by shard id. */
  async storeAll(): Promise<Map<string, unknown>> {
    const { checkpointIntervalMs } = this.#options;
    const failures = new Map<string, unknown>();
    await Promise.all(
      [...this.#sessions.values()].map(async (session) => {
        const store = () => session.checkpoint();
        const error = await this.#errorOf(session, store, checkpointIntervalMs);
        if (error !== undefined) failures.set(session.shardId, error);
      }),
    );
    return failures;
  }

  #renewAll(): void {
    const { clock, failoverTimeMs } = this.#options;
    const lookMs = failoverTimeMs / LOOKS;
    const now = monotonicNow(clock);
    for (const session of [...this.#sessions.values()]) {
      const { lease } = session;
      const age = (now - lease.confirmedAt) / lookMs;
      const sentAt = this.#renewedAt.get(session) ?? -Infinity;
      if (age >= GIVEN_UP_AT) {
        lease.lose();
        this.#events.lost(session);
      } else if (
        age >= RENEWED_AT && (now - sentAt) / lookMs >= RETRIED_AFTER
      ) {
        this.#startOnce(this.#renewing, session, () => {
          this.#renewedAt.set(session, now);
          return this.#renew(session);
        }, Math.ceil(RETRIED_AFTER) * lookMs);
      }
    }
  }

  async #renew({ shardId, lease }: S): Promise<void> {
    const { clock, hooks, stream } = this.#options;
    if (!hears(hooks, "onRenew")) return await lease.renew();
    const startedAt = monotonicNow(clock);
    const told = (error?: unknown) => {
      const durationMs = monotonicNow(clock) - startedAt;
      notify(hooks, "onRenew", { stream, shardId, durationMs, error });
    };
    try {
      await lease.renew();
    } catch (error) {
      told(error ?? new Error(String(error)));
      throw error;
    }
    told();
  }

  #startStoring(): void {
    const { checkpointIntervalMs } = this.#options;
    for (const session of this.#sessions.values()) {
      const store = () => session.checkpoint();
      this.#startOnce(this.#storing, session, store, checkpointIntervalMs);
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
    retryDelayMs: number,
  ): void {
    if (underWay.has(session)) return;
    const done = this.#errorOf(session, work, retryDelayMs).then(() => {
      underWay.delete(session);
    });
    underWay.set(session, done);
  }

  /** Resolves with the error of the work, or with nothing if it succeeded. */
  async #errorOf(
    session: S,
    work: () => Promise<unknown>,
    retryDelayMs: number,
  ): Promise<unknown> {
    try {
      await this.#writes.run(work);
      return undefined;
    } catch (error) {
      if (error instanceof LeaseLostError) this.#events.lost(session);
      else this.#report(session, error, retryDelayMs);
      return error ?? new Error(String(error));
    }
  }

  #report({ shardId }: S, error: unknown, retryDelayMs: number): void {
    const { hooks, stream } = this.#options;
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt: 1,
      retryDelayMs,
    });
  }
}
