/**
 * One answer for callers that ask at the same time.
 *
 * @module
 */
import { type Clock, monotonicNow } from "./clock.ts";
import { raceAbort } from "./race_abort.ts";

/** Longest time that later callers wait for the same call, in milliseconds. */
const SHARED_MS = 60_000;

interface Running<T> {
  readonly promise: Promise<T>;
  readonly startedAt: number;
}

/**
 * Makes a call once for all callers that come while it runs. A call that may never settle blocks nobody for ever: once a
 * caller has left it because its signal aborted, or after a minute, the next caller starts another.
 */
export class SharedCall<T> {
  readonly #call: () => Promise<T>;
  readonly #clock: Clock;
  #running: Running<T> | undefined;

  /** Shares what `call` resolves with; nothing happens before the first {@linkcode SharedCall.run}. */
  constructor(call: () => Promise<T>, clock: Clock) {
    this.#call = call;
    this.#clock = clock;
  }

  /** Settles as the call does, which starts if it is not running; rejects with the signal's reason. */
  async run(signal?: AbortSignal): Promise<T> {
    const running = this.#current() ?? this.#start();
    if (!signal) return await running.promise;
    try {
      return await raceAbort(running.promise, signal);
    } finally {
      if (signal.aborted) this.#forget(running);
    }
  }

  /** Starts the call unless it is running; nobody waits for it. */
  begin(): void {
    if (!this.#current()) this.#start();
  }

  #current(): Running<T> | undefined {
    const running = this.#running;
    const isYoung = running &&
      monotonicNow(this.#clock) - running.startedAt < SHARED_MS;
    return isYoung ? running : undefined;
  }

  #start(): Running<T> {
    const running: Running<T> = {
      promise: this.#invoke(),
      startedAt: monotonicNow(this.#clock),
    };
    const forget = () => this.#forget(running);
    // Also when nobody waits for it any more: its failure is then seen by the next caller, who asks again.
    running.promise.then(forget, forget);
    return this.#running = running;
  }

  async #invoke(): Promise<T> {
    return await this.#call();
  }

  #forget(running: Running<T>): void {
    if (this.#running === running) this.#running = undefined;
  }
}
