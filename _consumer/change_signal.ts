/**
 * A promise for the next change of a state.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";

/** Wakes all code that waits for a change. */
export class ChangeSignal {
  #next: Deferred<void> | undefined;

  /** Resolves the promises of all earlier waits. A later wait ends with the next call. */
  notify(): void {
    this.#next?.resolve();
    this.#next = undefined;
  }

  /** Resolves at the next {@linkcode ChangeSignal.notify}. */
  wait(): Promise<void> {
    return (this.#next ??= deferred()).promise;
  }
}
