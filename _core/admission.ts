/**
 * Bounds how much work runs at once. Work that hangs does not block other work.
 *
 * @module
 */
import { type Clock, monotonicNow } from "./clock.ts";
import { Deque } from "./deque.ts";

/** Options of an {@linkcode Admission}. */
export interface AdmissionOptions {
  /** The most pieces of work that run at once. */
  readonly atOnce: number;
  /** Work that takes longer than this gives its place to other work, in milliseconds. */
  readonly patienceMs: number;
  /** Measures the time. */
  readonly clock: Clock;
}

/** The place of a piece of work that runs. */
interface Place {
  /** When the work has begun, in milliseconds. */
  readonly since: number;
}

/**
 * Starts work in the order in which it was asked for, when a place is free. Work that takes longer
 * than `patienceMs` goes on without a place. Example: with 32 places and a patience of one second,
 * 2 000 calls of 10 ms take 0.63 s. If 32 calls hang, the others wait for one second.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  /** The places that are taken, the oldest first. */
  readonly #taken = new Set<Place>();
  readonly #waiting = new Deque<(place: Place) => void>();
  #timer: unknown;

  /** Starts without work. */
  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Does the work when a place is free. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    const place = this.#hasRoom ? this.#take() : await this.#next();
    try {
      return await work();
    } finally {
      this.#taken.delete(place);
      this.#admit();
    }
  }

  get #hasRoom(): boolean {
    return this.#taken.size < this.#options.atOnce;
  }

  #take(): Place {
    const place = { since: monotonicNow(this.#options.clock) };
    this.#taken.add(place);
    return place;
  }

  #next(): Promise<Place> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#watch();
    });
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#hasRoom) {
      this.#waiting.shift()!(this.#take());
    }
    this.#watch();
  }

  /** Sets a timer for the end of the patience while work waits, and only then. */
  #watch(): void {
    const { clock, patienceMs } = this.#options;
    const isNeeded = this.#waiting.length > 0;
    if (isNeeded === (this.#timer !== undefined)) return;
    if (!isNeeded) {
      clock.clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const [oldest] = this.#taken;
    const leftMs = oldest!.since + patienceMs - monotonicNow(clock);
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#dismiss();
    }, Math.max(1, leftMs));
  }

  /** Takes the places of work that takes too long. */
  #dismiss(): void {
    const { clock, patienceMs } = this.#options;
    const latest = monotonicNow(clock) - patienceMs;
    for (const place of this.#taken) {
      if (place.since > latest) break;
      this.#taken.delete(place);
    }
    this.#admit();
  }
}
