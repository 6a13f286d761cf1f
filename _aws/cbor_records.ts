/**
 * Reads the records of a GetRecords answer from CBOR.
 *
 * @module
 */
import { Key, UsualForm } from "./cbor_usual_form.ts";
import {
  type AnswerBytes,
  type ReadRecord,
  RecordView,
} from "./record_view.ts";

const BYTES = 2;
const NULL = 0xf6;
const UINT32 = 0x1a;
const UINT64 = 0x1b;
const FLOAT64 = 0xfb;
const EPOCH_TAG = 0xc1;

const DATA = new Key("Data");
const PARTITION_KEY = new Key("PartitionKey");
const SEQUENCE_NUMBER = new Key("SequenceNumber");
const ENCRYPTION_TYPE = new Key("EncryptionType");
const ARRIVAL = new Key("ApproximateArrivalTimestamp");

/** Reads records with data. */
export class CborRecords extends UsualForm {
  readonly #answer: AnswerBytes;
  readonly #toDate: (epoch: number) => Date;
  readonly #areViews: boolean;

  /** Makes a {@linkcode RecordView} of each record if `areViews`, else copies its data. */
  constructor(
    answer: AnswerBytes,
    toDate: (epoch: number) => Date,
    areViews: boolean,
  ) {
    super(answer.bytes);
    this.#answer = answer;
    this.#toDate = toDate;
    this.#areViews = areViews;
  }

  protected override object(): ReadRecord | undefined {
    let sequenceNumber: string | undefined;
    let arrival: Date | undefined;
    let dataStart = 0;
    let dataLength = -1;
    let partitionKey: string | undefined;
    let encryptionType: string | undefined;
    for (let left = this.map(); !this.ends(left); left--) {
      if (left < 0) return undefined;
      const length = this.key();
      const key = this.start;
      if (this.is(SEQUENCE_NUMBER, length, key)) {
        sequenceNumber = this.text();
      } else if (this.is(ARRIVAL, length, key)) {
        arrival = this.#time();
        if (!arrival) return undefined;
      } else if (this.is(DATA, length, key)) {
        dataLength = this.string(BYTES);
        dataStart = this.start;
      } else if (this.is(PARTITION_KEY, length, key)) {
        partitionKey = this.text();
        if (partitionKey === undefined) return undefined;
      } else if (this.is(ENCRYPTION_TYPE, length, key)) {
        if (this.view.getUint8(this.at) === NULL) this.at++;
        else if ((encryptionType = this.text()) === undefined) {
          return undefined;
        }
      } else return undefined;
    }
    if (sequenceNumber === undefined || dataLength < 0) return undefined;
    // Absent with AUTO record distribution. A key is never empty.
    partitionKey ||= undefined;
    if (this.#areViews) {
      return new RecordView(
        this.#answer,
        dataStart,
        dataLength,
        sequenceNumber,
        arrival,
        partitionKey,
        encryptionType,
      );
    }
    return {
      SequenceNumber: sequenceNumber,
      ApproximateArrivalTimestamp: arrival,
      Data: this.#answer.copy(dataStart, dataLength),
      PartitionKey: partitionKey,
      EncryptionType: encryptionType,
    };
  }

  #time(): Date | undefined {
    const { view } = this;
    // Some servers leave the tag out.
    if (view.getUint8(this.at) === EPOCH_TAG) this.at++;
    const head = view.getUint8(this.at++);
    const start = this.at;
    if (head === UINT32) {
      this.at += 4;
      return this.#toDate(view.getUint32(start));
    }
    this.at += 8;
    if (head === UINT64) {
      const high = view.getUint32(start);
      return this.#toDate(high * 2 ** 32 + view.getUint32(start + 4));
    }
    return head === FLOAT64 ? this.#toDate(view.getFloat64(start)) : undefined;
  }
}
