/**
 * One call for many callers that need the same answer at the same time.
 *
 * @module
 */

/**
 * Shares a call that reads something. A caller that asks while a call is under way gets the
 * answer of the next call, because the running call may have read before the caller had a reason
 * to ask. Example: a hundred callers that ask one after another at once cause two calls.
 */
export class SharedRead<R> {
  readonly #call: () => Promise<R>;
  #current: Promise<R> | undefined;
  #next: Promise<R> | undefined;

  /** `call` needs a time limit of its own, because the next call waits for it. */
  constructor(call: () => Promise<R>) {
    this.#call = call;
  }

  /** Resolves with the answer of a call that starts now or later. */
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
