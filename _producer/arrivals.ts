/**
 * Counts the values between `write` and the sink. A `WritableStream` does not show its queue, but
 * asks for the size of each value before it queues the value.
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
  /** The smallest count of `#waiting`. */
  #next = Infinity;
  #ended = false;

  /** Counts a value that is written. Returns its size for the queuing strategy. */
  announce(): number {
    this.#announced++;
    return 1;
  }

  /** Counts a value that has arrived at the sink. */
  arrive(): void {
    if (++this.#arrived >= this.#next) this.#resolve();
  }

  /**
   * Resolves when all values that are written so far have arrived, or when the stream has ended.
   */
  all(): Promise<void> | undefined {
    if (this.#ended || this.#arrived >= this.#announced) return undefined;
    const count = this.#announced;
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.#next = this.#waiting.peek()!.count;
    });
  }

  /** Notes that the stream has ended and no value will arrive any more. */
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
