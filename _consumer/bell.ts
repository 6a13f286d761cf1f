/**
 * A wait that can be ended early.
 *
 * @module
 */
import { type Clock, delay } from "../_core/clock.ts";

/** A timer that other code can end early by calling {@linkcode Bell.ring}. */
export class Bell {
  #isRinging = false;
  #onRing = () => {};

  /** Ends the current wait. If there is none, the next wait ends at once. */
  ring(): void {
    this.#isRinging = true;
    this.#onRing();
  }

  /** Cancels the effect of an earlier {@linkcode Bell.ring} on the next wait. */
  silence(): void {
    this.#isRinging = false;
  }

  /**
   * Resolves after `ms` milliseconds, or when the signal aborts or the bell rings. Only one wait
   * at a time is allowed.
   */
  async wait(
    ms: number,
    { clock, signal }: { clock: Clock; signal: AbortSignal },
  ): Promise<void> {
    if (this.#isRinging || signal.aborted) return;
    const nap = new AbortController();
    const wakeUp = () => nap.abort();
    this.#onRing = wakeUp;
    signal.addEventListener("abort", wakeUp, { once: true });
    await delay(ms, { clock, signal: nap.signal }).catch(() => {});
    signal.removeEventListener("abort", wakeUp);
    this.#onRing = () => {};
  }
}
