/**
 * The record log of one shard, oldest record first.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../../_core/base64.ts";
import type { SequencePosition } from "./sequence_number.ts";

/**
 * Record data in the form in which it arrived: base64 text from JSON, bytes from CBOR. It is
 * converted only when a reader uses the other protocol.
 */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** The bytes of a payload. */
export function payloadBytes(data: Payload): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? decodeBase64(data) : data;
}

/** The base64 text of a payload. */
export function payloadText(data: Payload): string {
  return typeof data === "string" ? data : encodeBase64(data);
}

/** The number of bytes of a payload. */
export function payloadSize(data: Payload): number {
  if (typeof data !== "string") return data.byteLength;
  const length = data.length;
  if (length === 0) return 0;
  const padding = data.charCodeAt(length - 1) !== 61
    ? 0
    : data.charCodeAt(length - 2) !== 61
    ? 1
    : 2;
  return length / 4 * 3 - padding;
}

/** A stored record. Its offset is not stored, since it follows from the position in the log. */
export interface StoredRecord {
  /** The data. */
  readonly data: Payload;
  /** The partition key. Records of a stream with AUTO distribution may have none. */
  readonly key: string | undefined;
  /** Bytes of data and partition key. */
  readonly size: number;
  /** Approximate arrival, in milliseconds since the epoch. */
  readonly time: number;
  /** Whether the stream was encrypted when the record arrived. */
  readonly encrypted: boolean;
}

/**
 * A queue of records. Each record has an offset, which never changes: 1 for the first record that
 * was ever written to the shard.
 */
export class RecordLog {
  #records: StoredRecord[] = [];
  #head = 0;
  /**
   * The number of records that were removed from the array. Index 0 has the offset `dropped + 1`.
   */
  #dropped = 0;

  /** The offset of the oldest record. In an empty log, the offset of the next record. */
  get firstOffset(): number {
    return this.#dropped + this.#head + 1;
  }

  /** The offset of the next record to be written. */
  get nextOffset(): number {
    return this.#dropped + this.#records.length + 1;
  }

  /** The number of records. */
  get length(): number {
    return this.#records.length - this.#head;
  }

  /**
   * Adds a record and returns its offset. Its time must not be below
   * {@linkcode RecordLog.lastTime}.
   */
  append(record: StoredRecord): number {
    this.#records.push(record);
    return this.#dropped + this.#records.length;
  }

  /** The arrival of the latest record; 0 in an empty log. */
  get lastTime(): number {
    return this.length ? this.#records[this.#records.length - 1]!.time : 0;
  }

  /** The record at an offset. `undefined` if it was trimmed or is not written yet. */
  at(offset: number): StoredRecord | undefined {
    const index = offset - this.#dropped - 1;
    return index < this.#head ? undefined : this.#records[index];
  }

  /** Removes the records that arrived before `time`. */
  trim(time: number): void {
    const records = this.#records;
    while (this.#head < records.length && records[this.#head]!.time < time) {
      this.#head++;
    }
    if (this.#head > 1_024 && this.#head * 2 > records.length) {
      this.#records = records.slice(this.#head);
      this.#dropped += this.#head;
      this.#head = 0;
    } else if (this.#head && this.#head === records.length) {
      this.#dropped += this.#head;
      this.#records = [];
      this.#head = 0;
    }
  }

  /**
   * The offset of the first record for which `isBefore` is false, by binary search. `isBefore` must
   * be true for all records up to some offset and false for all later ones.
   */
  seek(isBefore: (record: StoredRecord, offset: number) => boolean): number {
    let low = this.firstOffset;
    let high = this.nextOffset;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isBefore(this.at(middle)!, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The offset of the first record at a position, or after it if `after` is true. */
  seekPosition(position: SequencePosition, after: boolean): number {
    return this.seek(({ time }, offset) =>
      time !== position.time
        ? time < position.time
        : after
        ? offset <= position.offset
        : offset < position.offset
    );
  }
}
