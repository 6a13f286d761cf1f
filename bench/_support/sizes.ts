/**
 * Adds up the sizes of Kinesis records.
 *
 * @module
 */

/**
 * The bytes of one PUT payload unit, in which AWS bills writes.
 * https://aws.amazon.com/kinesis/data-streams/pricing/
 */
const PAYLOAD_UNIT_BYTES = 25_600;

/** Amounts of stored data. */
export interface Stored {
  /** Kinesis records. */
  readonly records: number;
  /** Bytes of their data, without partition keys. */
  readonly bytes: number;
  /** PUT payload units of 25 KiB. Each record has at least one. */
  readonly payloadUnits: number;
}

/** The amounts of the records so far. */
export class Sizes implements Stored {
  records = 0;
  bytes = 0;
  payloadUnits = 0;

  /** Adds a record. */
  add(bytes: number): void {
    this.records++;
    this.bytes += bytes;
    this.payloadUnits += Math.max(1, Math.ceil(bytes / PAYLOAD_UNIT_BYTES));
  }
}
