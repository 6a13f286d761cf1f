/**
 * The records of one shard, oldest first.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../../_core/base64.ts";
import type { SequencePosition } from "./sequence_number.ts";

/** Data as it arrived: base64 text from JSON, bytes from CBOR. It is converted only if a reader speaks the other one. */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** The bytes of a payload. */
export function payloadBytes(data: Payload): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? decodeBase64(data) : data;
}

/** The base64 text of a payload. */
export function payloadText(data: Payload): string {
  return typeof data === "string" ? data : encodeBase64(data);
}

/** How many bytes a payload holds. */
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

/** A stored record. Its place in the shard is not stored: it follows from where it stands in the log. */
export interface StoredRecord {
  /** The data. */
  readonly data: Payload;
  /** The partition key; a stream that distributes by itself may have none. */
  readonly key: string | undefined;
  /** Bytes of data and key. */
  readonly size: number;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** Whether the stream was encrypted when it arrived. */
  readonly encrypted: boolean;
}

/** A queue of records that knows each one's place: 1 for the first that the shard ever had. */
export class RecordLog {
  #records: StoredRecord[] = [];
  #head = 0;
  /** How many records were dropped from the array in front of index 0. */
  #dropped = 0;

  /** The place of the oldest record that is still there; that of the next record if there is none. */
  get firstPlace(): number {
    return this.#dropped + this.#head + 1;
  }

  /** The place that the next record will have. */
  get nextPlace(): number {
    return this.#dropped + this.#records.length + 1;
  }

  /** How many records there are. */
  get length(): number {
    return this.#records.length - this.#head;
  }

  /** Adds a record and says its place. Times never go back: a record never seems older than the one before it. */
  append(record: StoredRecord): number {
    this.#records.push(record);
    return this.#dropped + this.#records.length;
  }

  /** The arrival of the newest record, or 0. */
  get lastTime(): number {
    return this.length ? this.#records[this.#records.length - 1]!.time : 0;
  }

  /** The record at a place, if it is there. */
  at(place: number): StoredRecord | undefined {
    const index = place - this.#dropped - 1;
    return index < this.#head ? undefined : this.#records[index];
  }

  /** Forgets records that arrived before `time`. */
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

  /** The place of the first record that `isBefore` denies. `isBefore` must hold for a prefix of the log. */
  seek(isBefore: (record: StoredRecord, place: number) => boolean): number {
    let low = this.firstPlace;
    let high = this.nextPlace;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isBefore(this.at(middle)!, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The place of the first record at (or, if `after`, behind) a position. */
  seekPosition(position: SequencePosition, after: boolean): number {
    return this.seek(({ time }, place) =>
      time !== position.time
        ? time < position.time
        : after
        ? place <= position.place
        : place < position.place
    );
  }
}
