/**
 * Records of a GetRecords answer whose data stays in the bytes of the answer until it is used.
 *
 * @module
 */
import { free } from "../_core/bytes.ts";
import { Slabs } from "../_core/slabs.ts";
import { asciiParts, asciiTexts } from "../_core/utf8.ts";

/** A record of an answer. */
export interface ReadRecord {
  /** The sequence number. */
  readonly SequenceNumber: string;
  /** When Kinesis received the record. */
  readonly ApproximateArrivalTimestamp: Date | undefined;
  /** The data. */
  readonly Data: Uint8Array<ArrayBuffer>;
  /** The partition key. */
  readonly PartitionKey?: string;
  /** `NONE` or `KMS`. */
  readonly EncryptionType: string | undefined;
}

/** The bytes of an answer, and copies of its parts. */
export class AnswerBytes {
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #slabs = new Slabs();
  #users = 0;

  /** Takes the bytes of an answer. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** A copy of the bytes from `start` on. */
  copy(start: number, length: number): Uint8Array<ArrayBuffer> {
    return this.copyOf(this.bytes.subarray(start, start + length));
  }

  /** A copy, so that bytes that are kept do not keep the whole answer in memory. */
  copyOf(part: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#slabs.copy(part);
  }

  /** Adds a user of the bytes. */
  use(): void {
    this.#users++;
  }

  /**
   * Notes that a user does not use the bytes any more. The last one frees them: a garbage
   * collection for the sake of memory outside the heap would otherwise run every few answers, and
   * take up to a fourth of the CPU time of reading.
   */
  release(): void {
    if (--this.#users === 0) free(this.bytes);
  }
}

/**
 * A record whose data is in the bytes of its answer. Data that becomes text is then never copied,
 * and has no `Uint8Array` of its own: a sixth to a quarter of the CPU time of reading 1 KB values.
 *
 * The whole answer stays in memory until all of these records are released. What the properties
 * return keeps nothing of the answer.
 */
export class RecordView implements ReadRecord {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: Date | undefined;
  readonly PartitionKey: string | undefined;
  readonly EncryptionType: string | undefined;
  readonly #answer: AnswerBytes;
  readonly #dataStart: number;
  readonly #dataLength: number;

  /** The data has `dataLength` bytes from `dataStart` on. */
  constructor(
    answer: AnswerBytes,
    dataStart: number,
    dataLength: number,
    sequenceNumber: string,
    arrival: Date | undefined,
    partitionKey: string | undefined,
    encryptionType: string | undefined,
  ) {
    this.SequenceNumber = sequenceNumber;
    this.ApproximateArrivalTimestamp = arrival;
    this.PartitionKey = partitionKey;
    this.EncryptionType = encryptionType;
    this.#answer = answer;
    this.#dataStart = dataStart;
    this.#dataLength = dataLength;
    answer.use();
  }

  /**
   * A copy of the data, a new one each time.
   *
   * @throws {TypeError} if all records of the answer are released
   */
  get Data(): Uint8Array<ArrayBuffer> {
    return this.#answer.copy(this.#dataStart, this.#dataLength);
  }

  /** The length of the data of any record, in bytes. Copies nothing. */
  static dataLength(record: Pick<ReadRecord, "Data">): number {
    return record instanceof RecordView
      ? record.#dataLength
      : record.Data.length;
  }

  /** Notes that the data of a record is not used any more. Call it once for a record. */
  static release(record: Pick<ReadRecord, "Data">): void {
    if (record instanceof RecordView) record.#answer.release();
  }

  /**
   * The texts of the data of records that hold nothing but ASCII. `undefined` for other data, and
   * possibly for its neighbours.
   */
  static texts(
    records: readonly Pick<ReadRecord, "Data">[],
  ): (string | undefined)[] {
    const [first] = records;
    if (!(first instanceof RecordView)) return textsOfData(records);
    const ranges: number[] = [];
    for (const record of records) {
      if (
        !(record instanceof RecordView) || record.#answer !== first.#answer
      ) return textsOfData(records);
      const start = record.#dataStart;
      ranges.push(start, start + record.#dataLength);
    }
    return asciiParts(first.#answer.bytes, ranges);
  }
}

function textsOfData(
  records: readonly Pick<ReadRecord, "Data">[],
): (string | undefined)[] {
  return asciiTexts(records.map(({ Data }) => Data));
}
