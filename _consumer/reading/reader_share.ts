/**
 * The part of one reader in the buffer that all readers of a consumer share.
 *
 * @module
 */
import { MAX_READ_BYTES, MAX_READ_RECORDS } from "../../_aws/limits.ts";
import { RecordView } from "../../_aws/record_view.ts";
import type { Share } from "../../_core/shares.ts";
import type { KinesisApiRecord } from "../../client/mod.ts";

/** A reader gives room back in steps of 1/16 of its part. */
const BATCHES = 16;

/** An amount of records. */
export interface Size {
  /** Kinesis records. */
  readonly records: number;
  /** Bytes of their data. */
  readonly bytes: number;
}

/** The parts of one reader in the bounds of a consumer. */
export interface PoolShares {
  /** Records, buffered or reserved. */
  readonly records: Share;
  /** Bytes, buffered or reserved. */
  readonly bytes: Share;
  /** Bytes, buffered only. */
  readonly heldBytes: Share;
}

/** The state that all readers of a consumer share. */
export interface ReadAheadPool {
  /** Readers that wait for room. The reader that waits longest comes first. */
  readonly waiting: Set<ReaderShare>;
  /** The average size of a record over all readers, in bytes. */
  readonly averageBytes: number;
  /** Adds the average size of the records of one answer, in bytes. */
  addAverage(bytes: number): void;
  /**
   * Takes the spare right: the right to buffer one record that does not fit. Only one reader has it
   * at a time. Returns whether this reader has it now.
   */
  takeSpare(share: ReaderShare): boolean;
  /** Gives the spare right back. Does nothing if the reader does not have it. */
  giveSpare(share: ReaderShare): void;
  /** Adds room that has become free. */
  addFreed(records: number, bytes: number): void;
}

/** The part of one reader. */
export class ReaderShare {
  readonly #shares: PoolShares;
  readonly #pool: ReadAheadPool;
  readonly #takesNext: () => boolean;
  /** The records in the buffer of the reader. */
  #held = { records: 0, bytes: 0 };
  /** Records that were taken from the buffer and whose room is not given back yet. */
  #taken = { records: 0, bytes: 0 };
  /** Room is given back when this much was taken. */
  #batch: Size = { records: 0, bytes: 0 };
  /** The average size of the records of the last answer, in bytes. */
  #averageBytes: number | undefined;
  /** The size of the record that did not fit, in bytes. It is read again when there is room. */
  #refusedBytes = 0;
  /** Set while the reader waits for room. */
  #check: (() => void) | undefined;

  /** Made by {@linkcode ReadAhead.join}. */
  constructor(
    shares: PoolShares,
    pool: ReadAheadPool,
    takesNext: () => boolean,
  ) {
    this.#shares = shares;
    this.#pool = pool;
    this.#takesNext = takesNext;
  }

  /** The records in the buffer of the reader. */
  get held(): Size {
    return this.#held;
  }

  /**
   * Waits for room for an answer of the expected size. Resolves with the number of records to ask
   * for and the bytes that are reserved for them. A reader with an empty buffer does not wait,
   * unless its next record is known to be too large.
   */
  async reserve(expected: Size, signal: AbortSignal): Promise<Size> {
    signal.throwIfAborted();
    const reserved = this.tryReserve(expected);
    if (reserved) return reserved;
    const { waiting } = this.#pool;
    return await new Promise((resolve, reject) => {
      const end = () => {
        waiting.delete(this);
        this.#check = undefined;
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      this.#check = () => {
        const reserved = this.tryReserve(expected);
        if (!reserved) return;
        end();
        resolve(reserved);
      };
      waiting.add(this);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Like {@linkcode ReaderShare.reserve}, but returns nothing where that would wait. */
  tryReserve(expected: Size): Size | undefined {
    const { records, bytes, heldBytes } = this.#shares;
    const isEmpty = this.#held.records === 0;
    const most = Math.min(expected.records, MAX_READ_RECORDS);
    const average = this.#averageBytes ?? this.#pool.averageBytes;
    if (this.#refusedBytes > Math.min(bytes.room, heldBytes.room)) {
      if (!this.#mayExceed(0)) return undefined;
    } else if (!isEmpty) {
      // Waits for half a part of room. Requests per second are limited, so each must carry enough.
      const least = Math.max(1, Math.min(most, Math.floor(records.part / 2)));
      const leastBytes = Math.max(1, Math.min(most * average, bytes.part / 2));
      if (records.room < least || bytes.room < leastBytes) return undefined;
    }
    const count = Math.max(
      1,
      Math.min(most, records.room, Math.floor(bytes.room / average)),
    );
    const size = Math.min(count * average, expected.bytes, MAX_READ_BYTES);
    const reserved = {
      records: count,
      bytes: Math.min(Math.max(size, this.#refusedBytes), bytes.room),
    };
    records.adjust(reserved.records);
    bytes.adjust(reserved.bytes);
    return reserved;
  }

  /** Reserves room if this reader waits and there is enough by now. */
  check(): void {
    this.#check?.();
  }

  /** Gives a reservation back, after an answer did not arrive. */
  giveUp(reserved: Size): void {
    this.#shares.records.adjust(-reserved.records);
    this.#shares.bytes.adjust(-reserved.bytes);
    if (this.#held.records === 0) this.#pool.giveSpare(this);
    this.#pool.addFreed(reserved.records, reserved.bytes);
  }

  /**
   * Replaces a reservation by the records that actually arrived. Returns the records that are
   * kept: all, or as many from the first one on as fit.
   */
  keep(
    reserved: Size,
    records: readonly KinesisApiRecord[],
  ): readonly KinesisApiRecord[] {
    const room = this.#shares.heldBytes.room;
    const wasEmpty = this.#held.records === 0;
    let count = 0;
    let bytes = 0;
    for (const record of records) {
      const length = RecordView.dataLength(record);
      if (bytes + length > room && !this.#mayExceed(count)) break;
      bytes += length;
      count++;
    }
    const refused = records[count];
    this.#refusedBytes = refused ? RecordView.dataLength(refused) : 0;
    this.#measure(records);
    this.#held.records += count;
    this.#held.bytes += bytes;
    const { heldBytes, bytes: all, records: ofRecords } = this.#shares;
    heldBytes.adjust(bytes);
    ofRecords.adjust(count);
    all.adjust(bytes);
    this.giveUp(reserved);
    // All buffered records fit, so the spare right is not needed.
    if (wasEmpty && bytes <= room) this.#pool.giveSpare(this);
    return count === records.length ? records : records.slice(0, count);
  }

  /** Removes a record from the buffer. */
  free(bytes: number): void {
    this.#held.records--;
    this.#held.bytes -= bytes;
    this.#taken.records++;
    this.#taken.bytes += bytes;
    const { records, bytes: most } = this.#batch;
    if (
      this.#held.records === 0 || this.#taken.records >= records ||
      this.#taken.bytes >= most
    ) this.#giveBack();
  }

  /** Gives all room back. */
  leave(): void {
    const { records, bytes, heldBytes } = this.#shares;
    const { used } = bytes;
    this.#held = { records: 0, bytes: 0 };
    for (const share of [records, bytes, heldBytes]) share.leave();
    this.#pool.giveSpare(this);
    // The parts of the other readers have grown, so all of them are served.
    this.#pool.addFreed(Infinity, used);
  }

  // Called in steps, because giving room back after each record would slow down every record.
  #giveBack(): void {
    const { records, bytes } = this.#taken;
    const shares = this.#shares;
    this.#taken = { records: 0, bytes: 0 };
    shares.records.adjust(-records);
    shares.bytes.adjust(-bytes);
    shares.heldBytes.adjust(-bytes);
    this.#batch = {
      records: shares.records.part / BATCHES,
      bytes: shares.bytes.part / BATCHES,
    };
    if (this.#held.records === 0) this.#pool.giveSpare(this);
    this.#check?.();
    this.#pool.addFreed(records, bytes);
  }

  /**
   * Whether a record may be buffered although it does not fit. Only one record of a consumer may,
   * and only if the application takes it at once.
   */
  #mayExceed(count: number): boolean {
    return count === 0 && this.#held.records === 0 && this.#takesNext() &&
      this.#pool.takeSpare(this);
  }

  #measure(records: readonly KinesisApiRecord[]): void {
    if (records.length === 0) return;
    let bytes = 0;
    for (const record of records) bytes += RecordView.dataLength(record);
    this.#averageBytes = Math.max(1, bytes / records.length);
    this.#pool.addAverage(this.#averageBytes);
  }
}
