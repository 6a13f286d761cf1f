/**
 * Looks for shards of this worker that make no progress, and gets their reading going again.
 *
 * @module
 */
import { every } from "../../_core/every.ts";
import { notify } from "../../_core/notify.ts";
import { TimeoutError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardSession } from "../shard_session.ts";

/** How often all shards are looked at, in milliseconds. */
const LOOK_MS = 1000;

/** The options that matter here. */
export type WatchdogOptions = Pick<
  ConsumerSettings,
  "clock" | "hooks" | "stallTimeoutMs" | "stream"
>;

/** The part of a session that matters here. */
export type WatchedSession = Pick<
  ShardSession<unknown>,
  "health" | "restart" | "shardId" | "status"
>;

/** What {@linkcode Watchdog} finds out. */
export interface WatchdogEvents<S> {
  /** The reader of a session got no further after a restart: its lease is to be given up. */
  gaveUp(session: S, reason: Error): void;
}

/** Watches the sessions of a worker. */
export class Watchdog<S extends WatchedSession> {
  readonly #options: WatchdogOptions;
  readonly #sessions: ReadonlyMap<string, S>;
  readonly #events: WatchdogEvents<S>;

  /** `sessions` may change at any time. */
  constructor(
    options: WatchdogOptions,
    sessions: ReadonlyMap<string, S>,
    events: WatchdogEvents<S>,
  ) {
    this.#options = options;
    this.#sessions = sessions;
    this.#events = events;
  }

  /** Looks every second until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return every(LOOK_MS, () => {
      for (const session of [...this.#sessions.values()]) this.#check(session);
    }, { clock, signal });
  }

  #check(session: S): void {
    const stall = session.health.check();
    if (!stall) return;
    const { shardId } = session;
    const { stream, hooks, stallTimeoutMs } = this.#options;
    const { millisBehindLatest } = session.status();
    notify(hooks, "onStalled", {
      stream,
      shardId,
      millisBehindLatest,
      ...stall,
    });
    if (stall.action === "none") return;
    const reason = new TimeoutError(
      `Cannot go on with ${shardId} as its reader made no progress for ` +
        `${stallTimeoutMs} ms, 'stallTimeoutMs': what it waited for is given up`,
      { timeoutMs: stallTimeoutMs },
    );
    if (stall.action === "restart") session.restart(reason);
    else this.#events.gaveUp(session, reason);
  }
}
