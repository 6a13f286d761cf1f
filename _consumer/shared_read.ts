/**
 * One call for many who need its answer at the same time.
 *
 * @module
 */

/**
 * Shares a call that reads something. Who asks while a call is under way gets the answer of the next one, since the one
 * under way may have looked before the asker's reason to look: a hundred that ask at once cause two calls.
 */
export class SharedRead<R> {
  readonly #call: () => Promise<R>;
  #current: Promise<R> | undefined;
  #next: Promise<R> | undefined;

  /** `call` must settle in some time, since the next call waits for it. */
  constructor(call: () => Promise<R>) {
    this.#call = call;
  }

  /** The answer of a call that starts now or later. */
  ask(): Promise<R> {
    if (this.#next) return this.#next;
    if (!this.#current) return this.#start();
    const restart = () => {
      this.#next = undefined;
      return this.#start();
    };
    return this.#next = this.#current.then(restart, restart);
  }

  #start(): Promise<R> {
    const current = this.#call();
    this.#current = current;
    const end = () => {
      if (this.#current === current) this.#current = undefined;
    };
    current.then(end, end);
    return current;
  }
}
