/**
 * Values between `write` and the sink: a `WritableStream` queues them where nobody can look, but asks for their size first.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";

interface Waiting {
  readonly count: number;
  readonly resolve: () => void;
}

/** Tells when everything that was written so far has arrived at the sink. */
export class Arrivals {
  readonly #waiting = new Deque<Waiting>();
  #announced = 0;
  #arrived = 0;
  /** The count that the first in line waits for. */
  #next = Infinity;
  #ended = false;

  /** A value was written. Returns its size for the queuing strategy. */
  announced(): number {
    this.#announced++;
    return 1;
  }

  /** A value has arrived at the sink. */
  arrived(): void {
    if (++this.#arrived >= this.#next) this.#resolve();
  }

  /** Resolves when all values that were written before have arrived, or never will. */
  all(): Promise<void> | undefined {
    if (this.#ended || this.#arrived >= this.#announced) return undefined;
    const count = this.#announced;
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.#next = this.#waiting.peek()!.count;
    });
  }

  /** The stream has ended: nothing will arrive any more. */
  end(): void {
    this.#ended = true;
    for (let next; (next = this.#waiting.shift());) next.resolve();
  }

  #resolve(): void {
    for (let next; (next = this.#waiting.peek());) {
      this.#next = next.count;
      if (next.count > this.#arrived) return;
      this.#waiting.shift();
      next.resolve();
    }
    this.#next = Infinity;
  }
}
