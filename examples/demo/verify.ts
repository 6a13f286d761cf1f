/**
 * Whether everything arrived: at least once, none missing, in order for every key.
 *
 * @module
 */

/** What was found. */
export interface Verdict {
  /** Whether the promise was kept. */
  readonly ok: boolean;
  /** Records that were expected. */
  readonly records: number;
  /** Records that never arrived. */
  readonly missing: number;
  /** Records that arrived for the first time after a later one of their key. */
  readonly outOfOrder: number;
  /** Arrivals that nobody had sent. */
  readonly unexpected: number;
  /** Arrivals of a record that was there before: allowed, since delivery is at least once. */
  readonly duplicates: number;
}

/** Looks at every arrival. */
export class Verifier {
  readonly #seen: Uint8Array;
  readonly #latest = new Map<string, number>();
  #arrived = 0;
  #duplicates = 0;
  #outOfOrder = 0;
  #unexpected = 0;

  /** Expects the positions from 0 to below `total`. */
  constructor(total: number) {
    this.#seen = new Uint8Array(total);
  }

  /** Different records that have arrived. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Whether every record has arrived. */
  get isComplete(): boolean {
    return this.#arrived === this.#seen.length;
  }

  /** Takes note of an arrival. Returns whether it is the first one of that record. */
  arrive(position: number, key: string): boolean {
    const seen = this.#seen[position];
    if (seen === undefined) {
      this.#unexpected++;
      return false;
    }
    // After a restart a key goes back to the checkpoint: only what is new has an order to keep.
    if (seen) {
      this.#duplicates++;
      return false;
    }
    this.#seen[position] = 1;
    this.#arrived++;
    if (position < (this.#latest.get(key) ?? -1)) this.#outOfOrder++;
    else this.#latest.set(key, position);
    return true;
  }

  /** The first positions that are missing, for messages. */
  missing(limit: number): number[] {
    const positions: number[] = [];
    for (let i = 0; i < this.#seen.length && positions.length < limit; i++) {
      if (!this.#seen[i]) positions.push(i);
    }
    return positions;
  }

  /** What has been found so far. */
  verdict(): Verdict {
    const records = this.#seen.length;
    const missing = records - this.#arrived;
    return {
      ok: missing === 0 && this.#outOfOrder === 0 && this.#unexpected === 0,
      records,
      missing,
      outOfOrder: this.#outOfOrder,
      unexpected: this.#unexpected,
      duplicates: this.#duplicates,
    };
  }
}

/** The last line of the demo. */
export function verdictLine(verdict: Verdict): string {
  const { ok, records, missing, outOfOrder, unexpected } = verdict;
  const counts =
    `${records} records, ${missing} missing, ${outOfOrder} out of order`;
  if (ok) return `verified: ${counts}`;
  return `FAILED: ${counts}${
    unexpected > 0 ? `, ${unexpected} that nobody wrote` : ""
  }`;
}
