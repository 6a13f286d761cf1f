/**
 * What is done for every shard again and again: showing that the holder is alive, and storing progress.
 *
 * @module
 */
import { delay, monotonicNow } from "../_core/clock.ts";
import { notify } from "../_core/notify.ts";
import { LeaseLostError } from "../errors.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import type { ShardSession } from "./shard_session.ts";

/** How often is looked for values that are not acknowledged, in milliseconds. */
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

/** A session, as far as it matters here. */
export type KeptSession = Pick<
  ShardSession<unknown>,
  "shardId" | "lease" | "checkpoint" | "checkOldest"
>;

/** Renews the leases and stores the progress of sessions that come and go. A shard whose backend hangs delays no other. */
export class Upkeep<S extends KeptSession> {
  readonly #options: UpkeepOptions;
  readonly #sessions: ReadonlyMap<string, S>;
  readonly #onLost: (session: S) => void;
  readonly #renewing = new Map<S, Promise<unknown>>();
  readonly #storing = new Map<S, Promise<unknown>>();

  /** `onLost` hears of each session whose lease is not ours any more. */
  constructor(
    options: UpkeepOptions,
    sessions: ReadonlyMap<string, S>,
    onLost: (session: S) => void,
  ) {
    this.#options = options;
    this.#sessions = sessions;
    this.#onLost = onLost;
  }

  /** Goes on until the signal aborts, and resolves when nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { durable, failoverTimeMs, checkpointIntervalMs } = this.#options;
    if (!durable) return;
    await Promise.all([
      this.#every(failoverTimeMs / 3, signal, () => this.#renewAll()),
      this.#every(checkpointIntervalMs, signal, () => this.#storeIdle()),
      this.#every(OLDEST_MS, signal, () => this.#checkOldest()),
    ]);
    await Promise.all([...this.#renewing.values(), ...this.#storing.values()]);
  }

  /** Stores what was acknowledged. Resolves with what went wrong, by shard id. */
  async storeAll(): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>();
    await Promise.all(
      [...this.#sessions.values()].map(async (session) => {
        const error = await this.#guard(session, () => session.checkpoint());
        if (error !== undefined) failures.set(session.shardId, error);
      }),
    );
    return failures;
  }

  #renewAll(): void {
    const { clock, failoverTimeMs } = this.#options;
    for (const session of [...this.#sessions.values()]) {
      const { lease } = session;
      const silent = monotonicNow(clock) - lease.confirmedAt;
      if (silent >= failoverTimeMs) {
        // The others may take it from now on, so it is not ours to read any more.
        lease.lose();
        this.#onLost(session);
      } else {
        this.#once(this.#renewing, session, () => lease.renew());
      }
    }
  }

  #checkOldest(): void {
    for (const session of [...this.#sessions.values()]) session.checkOldest();
  }

  #storeIdle(): void {
    for (const session of this.#sessions.values()) {
      this.#once(this.#storing, session, () => session.checkpoint());
    }
  }

  /** Begins the work for a session unless it is still under way since the last time. */
  #once(
    underWay: Map<S, Promise<unknown>>,
    session: S,
    work: () => Promise<unknown>,
  ): void {
    if (underWay.has(session)) return;
    const done = this.#guard(session, work).then(() => {
      underWay.delete(session);
    });
    underWay.set(session, done);
  }

  /** Resolves with the error of the work, if there was one. */
  async #guard(
    session: S,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (error instanceof LeaseLostError) this.#onLost(session);
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

  async #every(
    ms: number,
    signal: AbortSignal,
    work: () => void,
  ): Promise<void> {
    if (ms === Infinity) return;
    const { clock } = this.#options;
    for (;;) {
      try {
        await delay(ms, { clock, signal });
      } catch {
        return;
      }
      work();
    }
  }
}
