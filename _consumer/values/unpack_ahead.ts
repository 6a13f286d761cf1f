/**
 * Decodes the records of a shard, small ones several at once.
 *
 * @module
 */
import { RecordView } from "../../_aws/record_view.ts";
import { batchFormOf } from "../../_core/batch_form.ts";
import type { KinesisApiRecord } from "../../client/mod.ts";
import type { Processor, Unpacked } from "../../processors/mod.ts";
import type { RecordBatch } from "../../processors/single.ts";
import type { KinesisRecord } from "../../records.ts";
import type { ShardRecords } from "../reading/record_reader.ts";

/** The most records, and bytes of data, that are decoded at once. */
const MOST_RECORDS = 64;
const MOST_BYTES = 16_384;

type UnpackAll<T> = (batch: RecordBatch) => Unpacked<T>[];

/** What {@linkcode UnpackAhead} works with. */
export interface UnpackAheadParts<T> {
  /** Buffers the records. */
  readonly records: Pick<ShardRecords, "shift" | "peek">;
  /** Decodes them. */
  readonly processor: Pick<Processor<T>, "unpack">;
  /** Makes a record for the processor. */
  readonly recordOf: (raw: KinesisApiRecord) => KinesisRecord;
}

/** A record with its values. */
export interface UnpackedRecord<T> {
  /** The record as the client returned it. */
  readonly raw: KinesisApiRecord;
  /** What {@linkcode Processor.unpack} returned. */
  readonly unpacked: Unpacked<T>[] | Promise<Unpacked<T>[]>;
}

/**
 * Takes records from a reader. Records that are decoded ahead stay in the buffer of the reader
 * until it is their turn, so they count for its bounds.
 */
export class UnpackAhead<T> {
  readonly #parts: UnpackAheadParts<T>;
  readonly #unpackAll: UnpackAll<T> | undefined;
  /** Records that were decoded ahead, and the item of each. */
  #ahead: readonly KinesisApiRecord[] = [];
  #items: readonly Unpacked<T>[] = [];
  /** The index of the next record that was decoded ahead. */
  #next = 0;

  /** Starts without records. */
  constructor(parts: UnpackAheadParts<T>) {
    this.#parts = parts;
    this.#unpackAll = batchFormOf(parts.processor.unpack);
  }

  /** Takes the next record. The buffer of the reader must not be empty. */
  shift(): UnpackedRecord<T> {
    if (this.#next === this.#ahead.length) this.#unpackAhead();
    const { records, processor, recordOf } = this.#parts;
    const raw = records.shift()!;
    const index = this.#next++;
    if (this.#ahead[index] === raw) {
      const unpacked = [this.#items[index]!];
      // A record may keep its whole answer in memory.
      if (this.#next === this.#ahead.length) this.clear();
      RecordView.release(raw);
      return { raw, unpacked };
    }
    this.clear();
    const unpacked = processor.unpack(recordOf(raw));
    RecordView.release(raw);
    return { raw, unpacked };
  }

  /** Drops what was decoded ahead. */
  clear(): void {
    this.#ahead = [];
    this.#items = [];
    this.#next = 0;
  }

  #unpackAhead(): void {
    this.clear();
    if (!this.#unpackAll) return;
    const raws = this.#smallRecords();
    if (raws.length < 2) return;
    const { recordOf } = this.#parts;
    this.#items = this.#unpackAll({
      length: raws.length,
      texts: () => RecordView.texts(raws),
      partitionKeyOf: (index) => raws[index]!.PartitionKey,
      recordOf: (index) => recordOf(raws[index]!),
    });
    this.#ahead = raws;
  }

  /** The next records of the reader, up to the bounds. */
  #smallRecords(): KinesisApiRecord[] {
    const { records } = this.#parts;
    const raws: KinesisApiRecord[] = [];
    for (let bytes = 0; raws.length < MOST_RECORDS;) {
      const raw = records.peek(raws.length);
      if (!raw || (bytes += RecordView.dataLength(raw)) > MOST_BYTES) break;
      raws.push(raw);
    }
    return raws;
  }
}
