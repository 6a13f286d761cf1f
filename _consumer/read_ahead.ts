/**
 * How far the readers of a consumer may read ahead of the application, in records and bytes.
 *
 * @module
 */
import { type Share, Shares } from "./shares.ts";
import type { KinesisApiRecord } from "../client/mod.ts";
import { MAX_READ_BYTES, MAX_READ_RECORDS } from "../_aws/limits.ts";

/**
 * Size of a record that is expected before one was seen, in bytes. Large, since hundreds of shards may be opened at once and
 * an answer may hold 10 MiB; what it costs is one small answer for each consumer.
 */
const UNKNOWN_BYTES = 64 * 1024;
/** Freed parts of the capacity after which readers that wait are looked at again. */
const PARTS = 64;

/** A reader gives back what was taken in so many batches of its part. */
const BATCHES = 16;

/** An amount of records. */
export interface Size {
  /** Kinesis records. */
  readonly records: number;
  /** Bytes of their data. */
  readonly bytes: number;
}

/**
 * What all readers of a consumer hold together. Each has a part that is always its own, so a shard that is silent, slow or
 * stuck never uses up the room of the others; see {@linkcode Shares}.
 *
 * The size of an answer is not known before it arrives. A reader asks for as many records as fit by the sizes seen so far,
 * and of an answer that is larger than its room it keeps what fits and reads the rest again later. So what is buffered stays
 * under the bound in bytes, plus one record: a record that does not fit into the room of its shard would never be read
 * otherwise, and one shard at a time may hold such a record. In records it stays under the bound, or at one for each shard.
 */
export class ReadAhead {
  readonly #records: Shares;
  readonly #bytes: Shares;
  readonly #heldBytes: Shares;
  readonly #quantum: Size;
  readonly #waiting = new Set<ReaderShare>();
  #freed = { records: 0, bytes: 0 };
  #averageBytes: number | undefined;
  #spare: ReaderShare | undefined;

  /** Takes the bounds. */
  constructor({ records, bytes }: Size) {
    this.#records = new Shares(Math.floor(records), 1);
    this.#bytes = new Shares(bytes);
    this.#heldBytes = new Shares(bytes);
    this.#quantum = { records: records / PARTS, bytes: bytes / PARTS };
  }

  /** Adds a reader. `isNext` tells whether the application takes the next record of this reader as soon as it asks. */
  join(isNext: () => boolean): ReaderShare {
    return new ReaderShare(
      {
        records: this.#records.join(),
        bytes: this.#bytes.join(),
        heldBytes: this.#heldBytes.join(),
      },
      {
        isNext,
        waiting: this.#waiting,
        average: () => this.#averageBytes ?? UNKNOWN_BYTES,
        seen: (average) => {
          const before = this.#averageBytes ?? average;
          this.#averageBytes = before + (average - before) / 8;
        },
        takeSpare: (share) => (this.#spare ??= share) === share,
        giveSpare: (share) => {
          if (this.#spare !== share) return;
          this.#spare = undefined;
          this.#serve();
        },
        freed: (records, bytes) => this.#onFreed(records, bytes),
      },
    );
  }

  // Each record that is taken frees a little; looking at hundreds of waiting readers for each would cost more than reading.
  #onFreed(records: number, bytes: number): void {
    if (this.#waiting.size === 0) return;
    const freed = this.#freed;
    freed.records += records;
    freed.bytes += bytes;
    const { records: most, bytes: mostBytes } = this.#quantum;
    if (freed.records >= most || freed.bytes >= mostBytes) this.#serve();
  }

  #serve(): void {
    this.#freed = { records: 0, bytes: 0 };
    for (const share of [...this.#waiting]) share.check();
  }
}

interface Shared {
  /** Whether the application takes the next record of this reader as soon as it asks. */
  isNext(): boolean;
  /** Readers that wait for room, the one that waits longest first. */
  readonly waiting: Set<ReaderShare>;
  /** Bytes of a record, over all readers. */
  average(): number;
  /** The records of an answer had so many bytes on average. */
  seen(average: number): void;
  /** Whether this reader now has the right to hold one record above its room. */
  takeSpare(share: ReaderShare): boolean;
  /** Gives that right back. */
  giveSpare(share: ReaderShare): void;
  /** Room has become free. */
  freed(records: number, bytes: number): void;
}

/** What one reader holds. */
export class ReaderShare {
  readonly #shares: { records: Share; bytes: Share; heldBytes: Share };
  readonly #shared: Shared;
  #held = { records: 0, bytes: 0 };
  /** What was taken and is not given back yet. */
  #taken = { records: 0, bytes: 0 };
  /** How much is taken before it is given back. */
  #batch: Size = { records: 0, bytes: 0 };
  #averageBytes: number | undefined;
  /** The size of a record that did not fit, in bytes. It is not asked for again before there is room. */
  #refusedBytes = 0;
  #check: (() => void) | undefined;

  /** Made by {@linkcode ReadAhead.join}. */
  constructor(
    shares: { records: Share; bytes: Share; heldBytes: Share },
    shared: Shared,
  ) {
    this.#shares = shares;
    this.#shared = shared;
  }

  /** What waits to be taken. */
  get held(): Size {
    return this.#held;
  }

  /**
   * Waits for room for an answer. Resolves with how many records to ask for, and with the bytes that are set aside for them.
   * A reader that holds nothing does not wait, unless its next record is known to be too large.
   */
  async reserve(expected: Size, signal: AbortSignal): Promise<Size> {
    signal.throwIfAborted();
    const granted = this.#grant(expected);
    if (granted) return granted;
    const { waiting } = this.#shared;
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
        const granted = this.#grant(expected);
        if (!granted) return;
        end();
        resolve(granted);
      };
      waiting.add(this);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Looks again whether there is room, if this reader waits for some. */
  check(): void {
    this.#check?.();
  }

  /** Gives back what was reserved for an answer that did not come. */
  giveUp(reserved: Size): void {
    this.#shares.records.adjust(-reserved.records);
    this.#shares.bytes.adjust(-reserved.bytes);
    if (this.#held.records === 0) this.#shared.giveSpare(this);
    this.#shared.freed(reserved.records, reserved.bytes);
  }

  /** An answer has come. Returns the records that are kept: all, or as many from the first one on as there is room for. */
  keep(
    reserved: Size,
    records: readonly KinesisApiRecord[],
  ): readonly KinesisApiRecord[] {
    const room = this.#shares.heldBytes.room;
    const wasEmpty = this.#held.records === 0;
    let count = 0;
    let bytes = 0;
    for (const { Data } of records) {
      if (bytes + Data.length > room && !this.#isSpare(count)) break;
      bytes += Data.length;
      count++;
    }
    this.#refusedBytes = records[count]?.Data.length ?? 0;
    this.#see(records);
    this.#held.records += count;
    this.#held.bytes += bytes;
    const { heldBytes, bytes: all, records: ofRecords } = this.#shares;
    heldBytes.adjust(bytes);
    ofRecords.adjust(count);
    all.adjust(bytes);
    this.giveUp(reserved);
    // Everything that this reader holds has found room without that right.
    if (wasEmpty && bytes <= room) this.#shared.giveSpare(this);
    return count === records.length ? records : records.slice(0, count);
  }

  /** A record was taken. */
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

  /** Gives everything back. */
  leave(): void {
    const { records, bytes, heldBytes } = this.#shares;
    const { used } = bytes;
    this.#held = { records: 0, bytes: 0 };
    for (const share of [records, bytes, heldBytes]) share.leave();
    this.#shared.giveSpare(this);
    // The parts of the others have grown.
    this.#shared.freed(Infinity, used);
  }

  // In batches: this is the path of every record, and nobody needs the room of a single one at once.
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
    if (this.#held.records === 0) this.#shared.giveSpare(this);
    this.#check?.();
    this.#shared.freed(records, bytes);
  }

  #grant(expected: Size): Size | undefined {
    const { records, bytes, heldBytes } = this.#shares;
    const isEmpty = this.#held.records === 0;
    const most = Math.min(expected.records, MAX_READ_RECORDS);
    const average = this.#averageBytes ?? this.#shared.average();
    if (this.#refusedBytes > Math.min(bytes.room, heldBytes.room)) {
      if (!this.#isSpare(0)) return undefined;
    } else if (!isEmpty) {
      // Not for a handful of records: requests per second are short as well.
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

  /** Whether a record may be held though it does not fit: one at a time, of a shard whose records are being taken. */
  #isSpare(count: number): boolean {
    return count === 0 && this.#held.records === 0 && this.#shared.isNext() &&
      this.#shared.takeSpare(this);
  }

  #see(records: readonly KinesisApiRecord[]): void {
    if (records.length === 0) return;
    let bytes = 0;
    for (const { Data } of records) bytes += Data.length;
    this.#averageBytes = Math.max(1, bytes / records.length);
    this.#shared.seen(this.#averageBytes);
  }
}
