/**
 * Bounds how far the readers of a consumer read ahead of the application, in records and bytes.
 *
 * @module
 */
import { Shares } from "../../_core/shares.ts";
import { type ReadAheadPool, ReaderShare, type Size } from "./reader_share.ts";

/**
 * The size that is assumed for a record before any record was seen, in bytes. Large, because
 * hundreds of shards may be opened at once and each answer may hold 10 MiB. If records are smaller,
 * only the first answer of a consumer is smaller than it could be.
 */
const UNKNOWN_BYTES = 64 * 1024;
/** Readers that wait are served when 1/64 of the capacity has become free. */
const SERVED_PARTS = 64;
/** The weight of the newest answer in the average size of records. */
const AVERAGE_WEIGHT = 1 / 8;

/**
 * The buffer that all readers of a consumer share. Each reader has a part that no other reader can
 * use, so a quiet, slow or stuck shard never takes the room of the others; see {@linkcode Shares}
 * for the division.
 *
 * The size of an answer is not known before it arrives. A reader asks for as many records as fit
 * by the sizes seen so far. Of an answer that is larger than its room, it keeps the records that
 * fit and reads the rest again later. Example: a reader with room for 1 MiB has seen records of 1
 * KiB and asks for 1024. They have 4 KiB each: it keeps the first 256.
 *
 * So at most `bytes` are buffered, plus one record: a record that is larger than the room of its
 * shard could never be read otherwise, and one shard at a time may buffer such a record. At most
 * `records` are buffered, or one record for each shard.
 */
export class ReadAhead implements ReadAheadPool {
  readonly waiting: Set<ReaderShare> = new Set();
  readonly #records: Shares;
  readonly #bytes: Shares;
  readonly #heldBytes: Shares;
  /** Readers that wait are served when this much has become free. */
  readonly #quantum: Size;
  #freed = { records: 0, bytes: 0 };
  #averageBytes: number | undefined;
  #spareHolder: ReaderShare | undefined;

  /** Takes the bounds. */
  constructor({ records, bytes }: Size) {
    this.#records = new Shares(Math.floor(records), 1);
    this.#bytes = new Shares(bytes);
    this.#heldBytes = new Shares(bytes);
    this.#quantum = {
      records: records / SERVED_PARTS,
      bytes: bytes / SERVED_PARTS,
    };
  }

  /**
   * Adds a reader. `takesNext` tells whether the application takes the next record of this reader
   * as soon as it arrives.
   */
  join(takesNext: () => boolean): ReaderShare {
    const shares = {
      records: this.#records.join(),
      bytes: this.#bytes.join(),
      heldBytes: this.#heldBytes.join(),
    };
    return new ReaderShare(shares, this, takesNext);
  }

  get averageBytes(): number {
    return this.#averageBytes ?? UNKNOWN_BYTES;
  }

  addAverage(bytes: number): void {
    const before = this.#averageBytes ?? bytes;
    this.#averageBytes = before + (bytes - before) * AVERAGE_WEIGHT;
  }

  takeSpare(share: ReaderShare): boolean {
    return (this.#spareHolder ??= share) === share;
  }

  giveSpare(share: ReaderShare): void {
    if (this.#spareHolder !== share) return;
    this.#spareHolder = undefined;
    this.#serve();
  }

  addFreed(records: number, bytes: number): void {
    if (this.waiting.size === 0) return;
    // Checking hundreds of waiting readers after each taken record would cost more than reading.
    const freed = this.#freed;
    freed.records += records;
    freed.bytes += bytes;
    const { records: most, bytes: mostBytes } = this.#quantum;
    if (freed.records >= most || freed.bytes >= mostBytes) this.#serve();
  }

  #serve(): void {
    this.#freed = { records: 0, bytes: 0 };
    for (const share of [...this.waiting]) share.check();
  }
}
