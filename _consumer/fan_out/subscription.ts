/**
 * One subscription to a shard, from the request to its end.
 *
 * @module
 */
import { onAbort } from "../../_core/on_abort.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import type { SubscribeToShardEvent } from "../../client/mod.ts";

/** Opens the stream of events. It ends when the signal aborts. */
export type OpenSubscription = (
  signal: AbortSignal,
) => Promise<ReadableStream<SubscribeToShardEvent>>;

/** A subscription. Its events are read from the connection one by one, when they are asked for. */
export class Subscription {
  readonly #stop = new AbortController();
  readonly #stopFollowing: () => void;
  #events: ReadableStreamDefaultReader<SubscribeToShardEvent> | undefined;
  #askedAt = Infinity;
  #isGivenUp = false;

  /** Not started yet. It ends when the signal aborts. */
  constructor(signal: AbortSignal) {
    this.#stopFollowing = onAbort(signal, () => this.end(signal.reason));
  }

  /** Aborts when the subscription is ended. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** When the request was sent, in milliseconds since the epoch by the clock of the service. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** Whether the request has succeeded. */
  get hasStarted(): boolean {
    return this.#events !== undefined;
  }

  /** Whether this program has ended the subscription. Errors after that are its consequence. */
  get isEnded(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Whether the subscription was ended because it was not read for a while. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Sends the request. `askedAt` is the time of the service now. */
  async start(open: OpenSubscription, askedAt: number): Promise<void> {
    const { signal } = this.#stop;
    this.#askedAt = askedAt;
    // A client of the user may not heed the signal.
    const events = await raceAbort(
      open(signal),
      signal,
      (late) => void late.cancel(signal.reason).catch(() => {}),
    );
    this.#events = events.getReader();
  }

  /** The next event; `undefined` at the end. */
  async next(): Promise<SubscribeToShardEvent | undefined> {
    if (this.isEnded) return undefined;
    const { value } = await raceAbort(this.#events!.read(), this.signal);
    return value;
  }

  /** Ends the subscription, because it is not read. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.end(undefined);
  }

  /** Ends the subscription, or the request for it. May be called again. */
  end(reason: unknown): void {
    if (this.isEnded) return;
    this.#stopFollowing();
    this.#stop.abort(reason);
    // A stream that follows the signal has failed by now, and then rejects.
    this.#events?.cancel(reason).catch(() => {});
  }
}
