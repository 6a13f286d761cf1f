/**
 * A lock for work that must not overlap.
 *
 * @module
 */

/** Runs works one after another, in the order of the calls. */
export class TurnLock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all earlier works have ended. Settles as the work does. */
  run<R>(work: () => R | Promise<R>): Promise<R> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
