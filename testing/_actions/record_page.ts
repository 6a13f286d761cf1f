/**
 * The common part of GetRecords and SubscribeToShard: consecutive records of one shard.
 *
 * @module
 */
import {
  payloadBytes,
  payloadText,
  type StoredRecord,
} from "../_state/record_log.ts";
import type { Shard } from "../_state/shard.ts";

/** Consecutive records of one shard. */
export class RecordPage {
  /** The shard that holds the records. */
  readonly shard: Shard;
  /** The log offset after the last record of the page. */
  readonly endOffset: number;
  /** The size of the page: bytes of data and partition keys. */
  readonly bytes: number;
  readonly #startOffset: number;

  /**
   * Takes as many records from `offset` on as fit into the limits. A first record that is larger
   * than the byte limit is taken alone.
   */
  constructor(
    shard: Shard,
    offset: number,
    limits: { records: number; bytes: number },
  ) {
    this.shard = shard;
    let end = Math.max(offset, shard.log.firstOffset);
    this.#startOffset = end;
    const stop = end + limits.records;
    let bytes = 0;
    for (
      let record = shard.log.at(end);
      record && end < stop &&
      (bytes === 0 || bytes + record.size <= limits.bytes);
      record = shard.log.at(++end)
    ) {
      bytes += record.size;
    }
    this.endOffset = end;
    this.bytes = bytes;
  }

  /** The number of records. */
  get length(): number {
    return this.endOffset - this.#startOffset;
  }

  /** Whether the page ends with the latest record of the shard. */
  get isAtLatest(): boolean {
    return this.endOffset >= this.shard.log.nextOffset;
  }

  /** Whether the page ends with the last record of a closed shard. */
  get isAtEnd(): boolean {
    return this.shard.closedAt !== undefined && this.isAtLatest;
  }

  /** The age in milliseconds of the first record after the page; 0 if there is none. */
  millisBehindLatest(now: number): number {
    const next = this.shard.log.at(this.endOffset);
    return next ? Math.max(0, now - next.time) : 0;
  }

  /**
   * The sequence number that continues after the page with AFTER_SEQUENCE_NUMBER. If the record
   * before that point has expired, or there was none, the number moves on with `horizon`, the
   * arrival of the oldest record that can exist.
   */
  continuation(horizon: number): string {
    const { numbers, log } = this.shard;
    const offset = this.endOffset - 1;
    const time = log.at(offset)?.time ?? Math.max(0, horizon - 1);
    return numbers.write(time, offset);
  }

  /** The records as a JSON array. */
  json(): string {
    let text = "[";
    let separator = "";
    this.#each((record, number) => {
      text += `${separator}{"SequenceNumber":"${number}",` +
        `"ApproximateArrivalTimestamp":${record.time / 1_000},` +
        // Base64 needs no JSON escapes.
        `"Data":"${payloadText(record.data)}"` +
        (record.key === undefined
          ? ""
          : `,"PartitionKey":${JSON.stringify(record.key)}`) +
        (record.encrypted ? `,"EncryptionType":"KMS"}` : "}");
      separator = ",";
    });
    return text + "]";
  }

  /** The records as objects. */
  value(): Record<string, unknown>[] {
    const records: Record<string, unknown>[] = [];
    this.#each((record, number) => {
      records.push({
        SequenceNumber: number,
        ApproximateArrivalTimestamp: new Date(record.time),
        Data: payloadBytes(record.data),
        PartitionKey: record.key,
        EncryptionType: record.encrypted ? "KMS" : undefined,
      });
    });
    return records;
  }

  #each(visit: (record: StoredRecord, number: string) => void): void {
    const { log, numbers } = this.shard;
    for (let offset = this.#startOffset; offset < this.endOffset; offset++) {
      const record = log.at(offset)!;
      visit(record, numbers.write(record.time, offset));
    }
  }
}
