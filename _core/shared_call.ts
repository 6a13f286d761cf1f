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
 * Makes a call once for all callers that come while it runs. A call that never settles does not block later callers: once
 * one caller has left it because its signal aborted, or after a minute, the next caller starts another call.
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

  /** Whether a call is under way that the next caller would share. */
  get isRunning(): boolean {
    return this.#current() !== undefined;
  }

  /** Starts the call unless it is running, without waiting for it. */
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
    // Handles the rejection as well: a call that was started by `begin` has no caller that would.
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
