/**
 * A run of records of one shard as answers show them: what GetRecords and SubscribeToShard share.
 *
 * @module
 */
import {
  payloadBytes,
  payloadText,
  type StoredRecord,
} from "../_state/record_log.ts";
import type { Shard } from "../_state/shard.ts";

/** Records from one place of a shard up to another. */
export class RecordPage {
  /** The shard. */
  readonly shard: Shard;
  /** The place behind the last record. */
  readonly endPlace: number;
  /** Bytes of data and keys. */
  readonly bytes: number;
  readonly #startPlace: number;

  /** As many records from `place` on as fit into the limits; one at least if there is any. */
  constructor(
    shard: Shard,
    place: number,
    limits: { records: number; bytes: number },
  ) {
    this.shard = shard;
    let end = Math.max(place, shard.log.firstPlace);
    this.#startPlace = end;
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
    this.endPlace = end;
    this.bytes = bytes;
  }

  /** How many records there are. */
  get length(): number {
    return this.endPlace - this.#startPlace;
  }

  /** Whether nothing that the shard holds now lies behind the page. */
  get isAtTip(): boolean {
    return this.endPlace >= this.shard.log.nextPlace;
  }

  /** Whether nothing can ever come behind the page. */
  get isAtEnd(): boolean {
    return this.shard.closedAt !== undefined && this.isAtTip;
  }

  /** How far the page is behind: the age of the first record that it leaves out. */
  millisBehindLatest(now: number): number {
    const next = this.shard.log.at(this.endPlace);
    return next ? Math.max(0, now - next.time) : 0;
  }

  /** A number from which AFTER_SEQUENCE_NUMBER goes on behind the page. */
  continuation(): string {
    const { numbers, log } = this.shard;
    const last = log.at(this.endPlace - 1);
    return numbers.write(last?.time ?? 0, last ? this.endPlace - 1 : 0);
  }

  /** The records as a JSON array. */
  json(): string {
    let text = "[";
    let separator = "";
    this.#each((record, number) => {
      text += `${separator}{"SequenceNumber":"${number}",` +
        `"ApproximateArrivalTimestamp":${record.time / 1_000},` +
        // Base64 needs no escapes.
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
    for (let place = this.#startPlace; place < this.endPlace; place++) {
      const record = log.at(place)!;
      visit(record, numbers.write(record.time, place));
    }
  }
}
