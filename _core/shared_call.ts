/**
 * Shares one call among callers that need its result at the same time.
 *
 * @module
 */
import { type Clock, monotonicNow } from "./clock.ts";
import { onAbort } from "./on_abort.ts";

/**
 * How long a call is shared, in milliseconds. A call that takes longer may never settle: in
 * Cloudflare Workers, the end of a request stops the calls that it has started, without an error.
 */
const SHARED_MS = 3000;

/** The same, for calls that no caller waits for. */
const BACKGROUND_MS = 60_000;

interface Running<T> {
  readonly promise: Promise<T>;
  readonly startedAt: number;
}

/**
 * Makes a call and shares it with all callers until it settles. A call that never settles does not
 * block later callers: after 3 seconds, or when the signal of one caller has aborted, the next
 * caller starts another call. A caller that has waited until then for the call of another caller
 * does so, too, and settles with the first of the calls that it waits for.
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
  run(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      let timer: unknown;
      let waitsFor: Running<T>;
      const ending = <V>(settle: (value: V) => void) => (value: V) => {
        stopListening();
        this.#clock.clearTimeout(timer);
        settle(value);
      };
      const wait = () => {
        const shared = this.#current();
        // Its own call may take any time.
        if (shared) {
          // Before the promise is awaited: the first use of setTimeout in Deno runs microtasks, and
          // the timer of a call that has ended in them would stay.
          timer = this.#clock.setTimeout(
            wait,
            Math.max(0, SHARED_MS - this.#ageOf(shared)),
          );
        }
        const running = shared ?? this.#start();
        if (running === waitsFor) return;
        waitsFor = running;
        running.promise.then(ending(resolve), ending(reject));
      };
      const stopListening = onAbort(signal, () => {
        this.#clock.clearTimeout(timer);
        if (waitsFor) this.#forget(waitsFor);
        reject(signal!.reason);
      });
      wait();
    });
  }

  /** Whether a call is running that the next caller would share. */
  get isRunning(): boolean {
    return this.#current() !== undefined;
  }

  /** Starts the call unless one has been running for less than a minute. Does not wait for it. */
  begin(): void {
    if (!this.#current(BACKGROUND_MS)) this.#start();
  }

  #current(sharedMs = SHARED_MS): Running<T> | undefined {
    const running = this.#running;
    const isShared = running && this.#ageOf(running) < sharedMs;
    return isShared ? running : undefined;
  }

  #ageOf({ startedAt }: Running<T>): number {
    return monotonicNow(this.#clock) - startedAt;
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
