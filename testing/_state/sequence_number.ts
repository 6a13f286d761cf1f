/**
 * Sequence numbers: 56 decimal digits that begin with 495, as those of the service do, and sort as they were given.
 *
 *     495 | shard created (14) | arrival in ms (14) | place in the shard (13) | shard index (12)
 *
 * A child is stamped later than its parents, so all of its numbers are greater than all of theirs.
 *
 * @module
 */

/** The length of every sequence number. */
export const SEQUENCE_LENGTH = 56;
const PREFIX = "495";
const TIME_DIGITS = 14;
const PLACE_DIGITS = 13;
const INDEX_DIGITS = 12;
const PREFIX_LENGTH = PREFIX.length + TIME_DIGITS;
const PLACE_BASE = 10 ** PLACE_DIGITS;
/** The place of the number that closes a shard: greater than that of any record. */
const LAST_PLACE = PLACE_BASE - 1;

/** Where a sequence number points to: the arrival of its record and how many records were before it, plus one. */
export interface SequencePosition {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** 1 for the first record of the shard. */
  readonly place: number;
}

/** Writes and reads the sequence numbers of one shard. */
export class SequenceNumbers {
  readonly #prefix: string;
  readonly #suffix: string;
  #time = -1;
  #timed = "";

  /** Numbers for the shard with this index that was stamped at this time. */
  constructor(stamp: number, index: number) {
    this.#prefix = PREFIX + String(stamp).padStart(TIME_DIGITS, "0");
    this.#suffix = String(index).padStart(INDEX_DIGITS, "0");
  }

  /** The number of a record. */
  write(time: number, place: number): string {
    if (time !== this.#time) {
      this.#time = time;
      this.#timed = this.#prefix + String(time).padStart(TIME_DIGITS, "0");
    }
    // The leading 1 keeps the zeros in front; it is cut off again.
    return this.#timed + String(PLACE_BASE + place).slice(1) + this.#suffix;
  }

  /** The number before all records of the shard. */
  first(): string {
    return this.write(0, 0);
  }

  /** The number behind all records of a shard that was closed at this time. */
  last(time: number): string {
    return this.write(time, LAST_PLACE);
  }

  /** What a number points to, or nothing if it is not one of this shard. */
  read(text: string): SequencePosition | undefined {
    if (
      text.length !== SEQUENCE_LENGTH || !/^\d+$/.test(text) ||
      !text.startsWith(this.#prefix) || !text.endsWith(this.#suffix)
    ) {
      return undefined;
    }
    return {
      time: Number(text.slice(PREFIX_LENGTH, PREFIX_LENGTH + TIME_DIGITS)),
      place: Number(
        text.slice(
          PREFIX_LENGTH + TIME_DIGITS,
          SEQUENCE_LENGTH - INDEX_DIGITS,
        ),
      ),
    };
  }
}
