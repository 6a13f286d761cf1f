/**
 * The end of `queues tail --idle`.
 *
 * @module
 */
import type { QueueReceiveEvent } from "../queue_hooks.ts";

/**
 * Notices that no value has arrived for some time. `idleTimeoutMs` of a queue cannot do that here: a
 * stream whose values are held is not idle, and `--peek` holds all values until the end.
 */
export class IdleTime {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  /** Since when the command waits for a value. `undefined` while it has one. */
  #waitsSince: number | undefined;

  /** Calls `onIdle` at an answer without values, after so many seconds. Never without a number. */
  constructor(seconds: number | undefined, onIdle: () => void) {
    this.#idleMs = (seconds ?? Infinity) * 1000;
    this.#onIdle = onIdle;
  }

  /** How long a request for values may wait, in seconds. */
  get waitSeconds(): number {
    const seconds = Math.ceil(this.#idleMs / 1000);
    return Math.max(1, Math.min(2, seconds));
  }

  /** Measures the time until the value is there. */
  async during<T>(value: Promise<T>): Promise<T> {
    this.#waitsSince = performance.now();
    try {
      return await value;
    } finally {
      this.#waitsSince = undefined;
    }
  }

  /** The hook of the queue. */
  readonly onReceive = ({ records }: QueueReceiveEvent): void => {
    if (records > 0 || this.#waitsSince === undefined) return;
    if (performance.now() - this.#waitsSince >= this.#idleMs) this.#onIdle();
  };
}
