/**
 * Sequence numbers: 56 decimal digits that begin with 495, as in the service. Their order is the
 * order of writing.
 *
 *     495 | shard stamp (14) | arrival in ms (14) | log offset (13) | shard index (12)
 *
 * The stamp of a child shard is greater than the stamps of its parents. So every sequence number of
 * a child is greater than every sequence number of its parents.
 *
 * @module
 */

/** The length of a sequence number in digits. */
const SEQUENCE_LENGTH = 56;
const PREFIX = "495";
const TIME_DIGITS = 14;
const OFFSET_DIGITS = 13;
const INDEX_DIGITS = 12;
const PREFIX_LENGTH = PREFIX.length + TIME_DIGITS;
const OFFSET_BASE = 10 ** OFFSET_DIGITS;
/**
 * The offset in the EndingSequenceNumber of a shard. It is greater than the offset of any record.
 */
const LAST_OFFSET = OFFSET_BASE - 1;

/** The position that a sequence number stands for. */
export interface SequencePosition {
  /** Arrival of the record, in milliseconds since the epoch. */
  readonly time: number;
  /** Log offset of the record: 1 for the first record of the shard. */
  readonly offset: number;
}

/** Writes and reads the sequence numbers of one shard. */
export class SequenceNumbers {
  readonly #prefix: string;
  readonly #suffix: string;
  #time = -1;
  #timed = "";

  /** Makes the sequence numbers of the shard with this stamp and index. */
  constructor(stamp: number, index: number) {
    this.#prefix = PREFIX + String(stamp).padStart(TIME_DIGITS, "0");
    this.#suffix = String(index).padStart(INDEX_DIGITS, "0");
  }

  /** The sequence number of the record with this arrival and log offset. */
  write(time: number, offset: number): string {
    if (time !== this.#time) {
      this.#time = time;
      this.#timed = this.#prefix + String(time).padStart(TIME_DIGITS, "0");
    }
    // Adding 10^13 keeps the leading zeros; slice removes the added 1.
    return this.#timed + String(OFFSET_BASE + offset).slice(1) + this.#suffix;
  }

  /** The StartingSequenceNumber of the shard, below the number of every record. */
  first(): string {
    return this.write(0, 0);
  }

  /**
   * The EndingSequenceNumber of a shard that was closed at `time`, above the number of every
   * record.
   */
  last(time: number): string {
    return this.write(time, LAST_OFFSET);
  }

  /** The position of a sequence number. `undefined` if the number is not from this shard. */
  read(text: string): SequencePosition | undefined {
    if (
      text.length !== SEQUENCE_LENGTH || !/^\d+$/.test(text) ||
      !text.startsWith(this.#prefix) || !text.endsWith(this.#suffix)
    ) {
      return undefined;
    }
    return {
      time: Number(text.slice(PREFIX_LENGTH, PREFIX_LENGTH + TIME_DIGITS)),
      offset: Number(
        text.slice(
          PREFIX_LENGTH + TIME_DIGITS,
          SEQUENCE_LENGTH - INDEX_DIGITS,
        ),
      ),
    };
  }
}
