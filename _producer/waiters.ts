/**
 * Writers that wait for room in the buffer, first come, first served: `put` and the stream stand in one line.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";

interface Waiter<W> {
  readonly what: W | undefined;
  readonly admit: () => void;
  readonly admitted: Deferred<void>;
}

/** The line of writers; `W` is what they want to write. */
export class Waiters<W> {
  readonly #line = new Deque<Waiter<W>>();

  /** How many wait. */
  get length(): number {
    return this.#line.length;
  }

  /** Joins the line. `admit` is called at its end; the promise resolves then, or rejects when the line is dissolved. */
  wait(what: W | undefined, admit: () => void): Promise<void> {
    const admitted = deferred<void>();
    this.#line.push({ what, admit, admitted });
    return admitted.promise;
  }

  /** Lets in the first ones for as long as there is room. */
  admit(hasRoom: () => boolean): void {
    while (this.#line.length > 0 && hasRoom()) {
      const { admit, admitted } = this.#line.shift()!;
      admit();
      admitted.resolve();
    }
  }

  /** What those in the line want to write, in order. */
  get waiting(): W[] {
    return [...this.#line].flatMap(({ what }) =>
      what === undefined ? [] : [what]
    );
  }

  /** Sends everybody away with a reason. */
  dissolve(reason: unknown): void {
    for (let next = this.#line.shift(); next; next = this.#line.shift()) {
      next.admitted.reject(reason);
    }
  }
}
