/**
 * Counters of a process that only grow, until the process starts again.
 *
 * @module
 */

/** Tells how much counters have grown between two looks. */
export class Counters {
  #before: ReadonlyMap<string, number> | undefined;
  #now = new Map<string, number>();
  #ms = 0;

  /** Begins a look, `ms` milliseconds after the last one. */
  begin(ms: number): void {
    this.#before = this.#now.size > 0 || this.#before ? this.#now : undefined;
    this.#now = new Map();
    this.#ms = ms;
  }

  /** Sets a counter to its value in this look. */
  add(key: string, value: number): void {
    this.#now.set(key, (this.#now.get(key) ?? 0) + value);
  }

  /** Whether this look has the counter. */
  has(key: string): boolean {
    return this.#now.has(key);
  }

  /**
   * How much it has grown since the last look. `undefined` in the first look. A counter that is new
   * has grown from 0, and so has one that is less than before.
   */
  growth(key: string): number | undefined {
    if (!this.#before) return undefined;
    const value = this.#now.get(key) ?? 0;
    const before = this.#before.get(key) ?? 0;
    return value >= before ? value - before : value;
  }

  /** The growth for each second. `undefined` in the first look, and if the counter is missing. */
  rate(key: string): number | undefined {
    if (!this.has(key) || this.#ms <= 0) return undefined;
    const growth = this.growth(key);
    return growth === undefined ? undefined : growth * 1000 / this.#ms;
  }

  /** The counters of this look that begin with a text. */
  *keys(start: string): Generator<string> {
    for (const key of this.#now.keys()) if (key.startsWith(start)) yield key;
  }
}
