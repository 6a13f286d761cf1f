/**
 * A wait that can be cut short.
 *
 * @module
 */
import { type Clock, delay } from "./clock.ts";

/** Rung by whoever knows of a reason not to wait any longer. */
export class Bell {
  #isRinging = false;
  #onRing = () => {};

  /** Ends the wait that is under way, or the next one. */
  ring(): void {
    this.#isRinging = true;
    this.#onRing();
  }

  /** Forgets that it rang. */
  silence(): void {
    this.#isRinging = false;
  }

  /** Resolves when the time is over, the signal aborts or the bell rings. For one at a time. */
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
