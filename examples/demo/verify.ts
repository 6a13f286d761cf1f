/**
 * Verifies the arrivals: every record at least once, unchanged, and in order for each key.
 *
 * @module
 */

/** The result of the verification. */
export interface Verdict {
  /** Whether no record is missing, out of order, changed or unexpected. */
  readonly ok: boolean;
  /** Number of expected records. */
  readonly records: number;
  /** Records that did not arrive. */
  readonly missing: number;
  /** Records that arrived for the first time after a later one of their key. */
  readonly outOfOrder: number;
  /** Arrivals with another value or partition key than was written. */
  readonly changed: number;
  /** Arrivals of records that were never written. */
  readonly unexpected: number;
  /** Repeated arrivals of a record, which are allowed, since delivery is at least once. */
  readonly duplicates: number;
}

/** Checks every arrival. */
export class Verifier {
  /** The fingerprint of each record that was written, by position; `NaN` before. */
  readonly #written: Float64Array;
  readonly #seen: Uint8Array;
  readonly #latest = new Map<string, number>();
  #arrived = 0;
  #duplicates = 0;
  #outOfOrder = 0;
  #changed = 0;
  #unexpected = 0;

  /** Expects the positions from 0 to below `total`. */
  constructor(total: number) {
    this.#written = new Float64Array(total).fill(NaN);
    this.#seen = new Uint8Array(total);
  }

  /** Number of different records that have arrived. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Whether every record has arrived. */
  get isComplete(): boolean {
    return this.#arrived === this.#seen.length;
  }

  /** Notes a record before it is written, with the hash of its key and value. */
  expect(position: number, fingerprint: number): void {
    this.#written[position] = fingerprint;
  }

  /** Checks an arrival. Returns whether it is the first one of the record. */
  arrive(position: number, key: string, fingerprint: number): boolean {
    const written = this.#written[position];
    if (written === undefined || Number.isNaN(written)) {
      this.#unexpected++;
      return false;
    }
    if (fingerprint !== written) this.#changed++;
    // After a restart, records after the checkpoint arrive again. Only first arrivals have an
    // order.
    if (this.#seen[position]) {
      this.#duplicates++;
      return false;
    }
    this.#seen[position] = 1;
    this.#arrived++;
    if (position < (this.#latest.get(key) ?? -1)) this.#outOfOrder++;
    else this.#latest.set(key, position);
    return true;
  }

  /** The result so far. */
  verdict(): Verdict {
    const records = this.#seen.length;
    const missing = records - this.#arrived;
    const wrong = missing + this.#outOfOrder + this.#changed +
      this.#unexpected;
    return {
      ok: wrong === 0,
      records,
      missing,
      outOfOrder: this.#outOfOrder,
      changed: this.#changed,
      unexpected: this.#unexpected,
      duplicates: this.#duplicates,
    };
  }
}

/** The last line of the demo. */
export function verdictLine(verdict: Verdict): string {
  const { ok, records, missing, outOfOrder, changed, unexpected } = verdict;
  const counts = [
    `${records} records`,
    `${missing} missing`,
    `${outOfOrder} out of order`,
    ...changed > 0 ? [`${changed} changed on the way`] : [],
    ...unexpected > 0 ? [`${unexpected} that were never written`] : [],
  ].join(", ");
  return `${ok ? "verified" : "FAILED"}: ${counts}`;
}
