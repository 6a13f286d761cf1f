/**
 * One subscription to a shard, from the request to its end.
 *
 * @module
 */
import { onAbort } from "../_core/on_abort.ts";
import type { SubscribeToShardEvent } from "../client/mod.ts";

/** Opens the stream of events. It ends when the signal aborts. */
export type OpenSubscription = (
  signal: AbortSignal,
) => Promise<ReadableStream<SubscribeToShardEvent>>;

/** A subscription. Its events are read from the connection one by one, when they are asked for. */
export class Subscription {
  readonly #stop = new AbortController();
  readonly #stopFollowing: () => void;
  #events: ReadableStreamDefaultReader<SubscribeToShardEvent> | undefined;

  /** Not started yet. It ends when the signal aborts. */
  constructor(signal: AbortSignal) {
    this.#stopFollowing = onAbort(signal, () => this.end(signal.reason));
  }

  /** Whether the request has succeeded. */
  get hasStarted(): boolean {
    return this.#events !== undefined;
  }

  /** Whether this program has ended the subscription. Errors after that are its consequence. */
  get isEnded(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Sends the request. */
  async start(open: OpenSubscription): Promise<void> {
    const { signal } = this.#stop;
    const events = await open(signal);
    this.#events = events.getReader();
    if (signal.aborted) this.#cancel();
  }

  /** The next event; `undefined` at the end. */
  async next(): Promise<SubscribeToShardEvent | undefined> {
    if (this.isEnded) return undefined;
    const { value } = await this.#events!.read();
    return value;
  }

  /** Ends the subscription, or the request for it. May be called again. */
  end(reason: unknown): void {
    if (this.isEnded) return;
    this.#stopFollowing();
    this.#stop.abort(reason);
    this.#cancel();
  }

  #cancel(): void {
    // A stream that follows the signal has failed by now, and then rejects.
    this.#events?.cancel(this.#stop.signal.reason).catch(() => {});
  }
}
