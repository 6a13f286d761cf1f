/**
 * A wait that can be ended early.
 *
 * @module
 */
import { type Clock, delay } from "../_core/clock.ts";
import { onAbort } from "../_core/on_abort.ts";

/** A timer that other code can end early by calling {@linkcode InterruptibleWait.interrupt}. */
export class InterruptibleWait {
  #isInterrupted = false;
  #interrupt = () => {};

  /** Whether the last wait was ended early, or the next one will be. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** Ends the current wait. If there is none, the next wait ends at once. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#interrupt();
  }

  /** Cancels the effect of an earlier {@linkcode InterruptibleWait.interrupt} on the next wait. */
  reset(): void {
    this.#isInterrupted = false;
  }

  /**
   * Resolves after `ms` milliseconds, or when the signal aborts or `interrupt` is called. Only one
   * wait at a time is allowed.
   */
  async wait(
    ms: number,
    { clock, signal }: { clock: Clock; signal: AbortSignal },
  ): Promise<void> {
    if (this.#isInterrupted || signal.aborted) return;
    const nap = new AbortController();
    const wakeUp = () => nap.abort();
    this.#interrupt = wakeUp;
    const stopListening = onAbort(signal, wakeUp);
    await delay(ms, { clock, signal: nap.signal }).catch(() => {});
    stopListening();
    this.#interrupt = () => {};
  }
}
