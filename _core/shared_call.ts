/**
 * Shares one call among callers that need its result at the same time.
 *
 * @module
 */
import { type Clock, monotonicNow } from "./clock.ts";
import { raceAbort } from "./race_abort.ts";

/** A call that is older than this, in milliseconds, is not shared with further callers. */
const SHARED_MS = 60_000;

interface Running<T> {
  readonly promise: Promise<T>;
  readonly startedAt: number;
}

/**
 * Makes a call and shares it with all callers until it settles. A call that never settles does not
 * block later callers: after a minute, or when the signal of one caller has aborted, the next
 * caller starts another call.
 */
export class SharedCall<T> {
  readonly #call: () => Promise<T>;
  readonly #clock: Clock;
  #running: Running<T> | undefined;

  /** Does nothing before the first {@linkcode SharedCall.run}. */
  constructor(call: () => Promise<T>, clock: Clock) {
    this.#call = call;
    this.#clock = clock;
  }

  /**
   * Settles like the running call, or like a new call if none is running. Rejects with the signal's
   * reason if the signal aborts before.
   */
  async run(signal?: AbortSignal): Promise<T> {
    const running = this.#current() ?? this.#start();
    if (!signal) return await running.promise;
    try {
      return await raceAbort(running.promise, signal);
    } finally {
      if (signal.aborted) this.#forget(running);
    }
  }

  /** Whether a call is running that the next caller would share. */
  get isRunning(): boolean {
    return this.#current() !== undefined;
  }

  /** Starts the call unless it is running. Does not wait for it. */
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
    // Also handles the rejection: a call that `begin` started may have no caller.
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
