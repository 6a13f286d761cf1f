/**
 * Passes leases on to the workers that ask for them.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { onAbort } from "../../_core/on_abort.ts";
import { ClosedError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardSession } from "../shard_session.ts";
import type { StreamParts } from "../stream_parts.ts";

/**
 * Within this time a consumer that closes waits for the acknowledgements of the values that are
 * handed out, in milliseconds. Orchestrators kill a process about 30 seconds after SIGTERM.
 */
const CLOSE_MS = 10_000;
/** The time for the last checkpoint, in milliseconds. */
const LAST_WRITE_MS = 1000;

/** The options that the time limits depend on. */
export type HandoffOptions = Pick<
  ConsumerSettings,
  "clock" | "failoverTimeMs" | "handoffTimeoutMs" | "workerId"
>;

/** What {@linkcode Handoffs} works with. */
export type HandoffParts<T> =
  & Pick<StreamParts<T>, "sessions" | "table">
  & { readonly options: HandoffOptions };

/** What happens in {@linkcode Handoffs}. */
export interface HandoffEvents {
  /** A lease was passed on. */
  passed(): void;
}

/**
 * Drains the shards whose leases other workers ask for: hands out nothing of them any more, waits
 * until the values that are handed out are acknowledged, stores the progress, and passes the lease
 * on. If the acknowledgements do not come in time, passes the lease on without them: the next
 * worker reads these values again.
 */
export class Handoffs<T> {
  readonly #parts: HandoffParts<T>;
  readonly #events: HandoffEvents;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<ShardSession<T>, Promise<void>>();

  /** Starts without handoffs. When the signal aborts, none is begun, and none goes on. */
  constructor(
    parts: HandoffParts<T>,
    events: HandoffEvents,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#events = events;
    this.#signal = signal;
  }

  /** Answers the requests that the leases show as they were last read. */
  answerAll(): void {
    const { options, sessions, table } = this.#parts;
    for (const session of sessions.all) {
      const stored = table.leases.get(session.shardId);
      if (stored?.requestedBy && stored.owner === options.workerId) {
        this.answer(session);
      }
    }
  }

  /** Starts to pass a lease on, unless that has begun, or the shard is finished. */
  answer(session: ShardSession<T>): void {
    if (
      this.#signal.aborted || this.#underWay.has(session) || session.isFinished
    ) return;
    const done = this.#passOn(session).then(() => {
      this.#underWay.delete(session);
    });
    this.#underWay.set(session, done);
  }

  /** Resolves when no handoff is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Waits for the acknowledgements of a shard before the consumer closes. */
  async settle(session: ShardSession<T>, signal: AbortSignal): Promise<void> {
    const { clock, handoffTimeoutMs } = this.#parts.options;
    await drain(session, {
      clock,
      ms: Math.min(CLOSE_MS, handoffTimeoutMs),
      signal,
    });
  }

  async #passOn(session: ShardSession<T>): Promise<void> {
    const { options, sessions } = this.#parts;
    await drain(session, {
      clock: options.clock,
      ms: drainMs(options),
      signal: this.#signal,
    });
    // A consumer that closes gives all leases back itself. A shard that has come to its end
    // meanwhile is finished by the next look.
    if (this.#signal.aborted || session.isFinished) return;
    const reason = new ClosedError(
      `The reader of ${session.shardId} is closed: another worker has asked for the lease`,
    );
    await sessions.giveUp(session, reason);
    this.#events.passed();
  }
}

/**
 * How long the holder of a lease waits for acknowledgements. Less than `handoffTimeoutMs`, which
 * the worker that asks waits: the holder sees the request up to a renewal later.
 */
function drainMs(
  { failoverTimeMs, handoffTimeoutMs }: HandoffOptions,
): number {
  const margin = failoverTimeMs / 3 + LAST_WRITE_MS;
  return Math.max(handoffTimeoutMs / 2, handoffTimeoutMs - margin);
}

/**
 * Resolves when the values of a shard that are handed out are acknowledged, after `ms` milliseconds,
 * when the session is closed, or when the signal aborts.
 */
async function drain(
  session: Pick<ShardSession<unknown>, "drain" | "signal">,
  { clock, ms, signal }:
    & Pick<HandoffOptions, "clock">
    & { readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const limit = new AbortController();
  const end = () => limit.abort();
  const stopListening = [signal, session.signal].map((it) => onAbort(it, end));
  const over = delay(ms, { clock, signal: limit.signal }).catch(() => {});
  await Promise.race([session.drain(), over]);
  for (const stop of stopListening) stop();
  end();
}
