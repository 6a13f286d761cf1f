/**
 * Reads the records of a GetRecords answer from CBOR.
 *
 * @module
 */
import type { Slabs } from "../_core/slabs.ts";
import { Key, UsualForm } from "./cbor_usual_form.ts";

/** A record of an answer. */
export interface ReadRecord {
  SequenceNumber: string;
  ApproximateArrivalTimestamp: Date | undefined;
  Data: Uint8Array<ArrayBuffer>;
  PartitionKey?: string;
  EncryptionType: string | undefined;
}

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
  readonly #slabs: Slabs;
  readonly #toDate: (epoch: number) => Date;

  /** Copies data into `slabs`. */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    slabs: Slabs,
    toDate: (epoch: number) => Date,
  ) {
    super(bytes);
    this.#slabs = slabs;
    this.#toDate = toDate;
  }

  protected override object(): ReadRecord | undefined {
    let sequenceNumber: string | undefined;
    let arrival: Date | undefined;
    let data: Uint8Array<ArrayBuffer> | undefined;
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
      } else if (this.is(DATA, length, key)) data = this.#data();
      else if (this.is(PARTITION_KEY, length, key)) {
        partitionKey = this.text();
        if (partitionKey === undefined) return undefined;
      } else if (this.is(ENCRYPTION_TYPE, length, key)) {
        if (this.view.getUint8(this.at) === NULL) this.at++;
        else if ((encryptionType = this.text()) === undefined) {
          return undefined;
        }
      } else return undefined;
    }
    if (sequenceNumber === undefined || data === undefined) return undefined;
    return {
      SequenceNumber: sequenceNumber,
      ApproximateArrivalTimestamp: arrival,
      Data: data,
      // Absent with AUTO record distribution. A key is never empty.
      PartitionKey: partitionKey || undefined,
      EncryptionType: encryptionType,
    };
  }

  #data(): Uint8Array<ArrayBuffer> | undefined {
    const length = this.string(BYTES);
    if (length < 0) return undefined;
    // A copy, so that a record that is kept does not keep the whole answer in memory.
    return this.#slabs.copy(
      this.bytes.subarray(this.start, this.start + length),
    );
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
