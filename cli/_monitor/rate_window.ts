/**
 * Rates a second over the last seconds.
 *
 * @module
 */

/** What arrived in a length of time. */
interface Portion {
  readonly at: number;
  readonly ms: number;
  readonly records: number;
  readonly bytes: number;
}

/** A rate. */
export interface Rate {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A rate is the average of so much time, in milliseconds. */
const WINDOW_MS = 4_000;

/** Averages what arrived over the last seconds. */
export class RateWindow {
  readonly #portions: Portion[] = [];

  /** Adds what arrived in the `ms` milliseconds before `at`. */
  add(at: number, ms: number, records: number, bytes: number): void {
    if (!(ms > 0)) return;
    this.#portions.push({ at, ms, records, bytes });
    let kept = 0;
    let first = this.#portions.length;
    while (first > 0 && kept < WINDOW_MS) kept += this.#portions[--first]!.ms;
    this.#portions.splice(0, first);
  }

  /** Forgets what arrived. */
  clear(): void {
    this.#portions.length = 0;
  }

  /** The rate. `undefined` if there was no news for `staleMs` milliseconds. */
  rate(now: number, staleMs: number): Rate | undefined {
    const last = this.#portions.at(-1);
    if (!last || now - last.at > staleMs) return undefined;
    let [ms, records, bytes] = [0, 0, 0];
    for (const portion of this.#portions) {
      ms += portion.ms;
      records += portion.records;
      bytes += portion.bytes;
    }
    return {
      recordsPerSecond: records * 1000 / ms,
      bytesPerSecond: bytes * 1000 / ms,
    };
  }
}
