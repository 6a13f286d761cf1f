/**
 * Packs the values of each shard into aggregated records.
 *
 * @module
 */
import { hashKeyOf } from "../_aws/hash_key.ts";
import { encodeUtf8, utf8Length } from "../_core/utf8.ts";
import type { EncodedRecord, Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import { Aggregate } from "./_kpl_aggregate.ts";
import { hasMagic } from "./_kpl_format.ts";
import { recordLimit } from "./_record_limit.ts";
import type { Packer, PackerOptions } from "./processor.ts";
import type { Serializer } from "./serializer.ts";
import { own, recordOf, serializeValue, stringifyValue } from "./single.ts";

/** Options of `kpl()`, `kplJson()`, `kplString()` and `kplBytes()`. */
export interface KplOptions {
  /**
   * The largest aggregated record in bytes, without its partition key: 1 to 10 485 760. Larger
   * packs more values into a record; smaller sends fewer bytes again after a failure. A value that
   * does not fit gets a plain record.
   * @default {51_200}
   */
  maxAggregateBytes?: number;
  /**
   * The partition key of the aggregated record: `"a"`, as in the KPL, or `"first"`, the key of the
   * first value. With `"first"`, Lambda functions with concurrent batches per shard get the records
   * in parallel. In both cases the explicit hash key determines the shard.
   * @default {"a"}
   */
  outerPartitionKey?: "a" | "first";
  /**
   * Whether a value that is alone in its record is aggregated too. `false` writes a plain record
   * with the keys of the value, as the KPL does; all readers of the format accept both. `true`
   * costs about 30 bytes for each such value. Use it for readers that expect only aggregated
   * records: the KPL processors of async-kinesis for Python skip a short plain record without an
   * error and fail on a longer one.
   * @default {false}
   */
  aggregateAlways?: boolean;
}

interface Open<P> {
  readonly aggregate: Aggregate;
  /**
   * The largest size of the record in bytes. Depends on the outer key, and so on the first value.
   */
  limit: number;
  /** The size of the aggregate that is part of `pendingBytes`. */
  bytes: number;
  puts: P[];
}

/** Collects values per shard. */
export class KplPacker<T, P extends Put<T>> implements Packer<P> {
  readonly #serializer: Serializer<T>;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #shardOf: PackerOptions<P>["shardOf"];
  readonly #limit: number;
  readonly #resendsStrays: boolean;
  readonly #kpl: Required<KplOptions>;
  /** The open records by shard. */
  readonly #open = new Map<string, Open<P>>();
  #pending = 0;
  #pendingBytes = 0;

  /**
   * Makes an empty packer.
   *
   * @throws {RangeError} if the size limit is out of range
   */
  constructor(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
    kplOptions: Required<KplOptions>,
  ) {
    this.#serializer = serializer;
    this.#emit = options.emit;
    this.#shardOf = options.shardOf;
    this.#limit = recordLimit(options);
    this.#resendsStrays = options.resendsStrays ?? false;
    this.#kpl = kplOptions;
  }

  get pending(): number {
    return this.#pending;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  push(put: P): void {
    const { partitionKey, explicitHashKey } = put;
    const shard = this.#shardOf?.(partitionKey, explicitHashKey);
    const open = shard === undefined ? undefined : this.#openOf(shard);
    if (open && open.puts.length === 0) open.limit = this.#limitOf(put);
    const { text } = this.#serializer;
    let data: Uint8Array<ArrayBuffer>;
    if (text) {
      const value = stringifyValue(this.#serializer.name, text, put);
      if (
        open &&
        open.aggregate.addText(partitionKey, explicitHashKey, value, open.limit)
      ) return this.#added(open, put);
      data = encodeUtf8(value);
    } else data = serializeValue(this.#serializer, put);
    if (
      open &&
      open.aggregate.add(partitionKey, explicitHashKey, data, open.limit)
    ) return this.#added(open, put);
    this.#pushBeyond(open, put, data);
  }

  flush(): void {
    for (const open of this.#open.values()) this.#close(open);
    // Resharding makes new shards without end, so all are forgotten; those in use get a new buffer.
    this.#open.clear();
  }

  #openOf(shard: string): Open<P> {
    let open = this.#open.get(shard);
    if (!open) {
      const aggregate = new Aggregate(this.#resendsStrays);
      open = { aggregate, limit: 0, bytes: 0, puts: [] };
      this.#open.set(shard, open);
    }
    return open;
  }

  #limitOf(put: P): number {
    const keyBytes = utf8Length(this.#outerKeyOf(put));
    return Math.min(this.#kpl.maxAggregateBytes, this.#limit - keyBytes);
  }

  #outerKeyOf(put: P): string {
    return this.#kpl.outerPartitionKey === "a" ? "a" : put.partitionKey;
  }

  #added(open: Open<P>, put: P): void {
    open.puts.push(put);
    this.#pending++;
    const { size } = open.aggregate;
    this.#pendingBytes += size - open.bytes;
    open.bytes = size;
  }

  /** Packs a value that does not fit into the open record, or whose shard is not known. */
  #pushBeyond(
    open: Open<P> | undefined,
    put: P,
    data: Uint8Array<ArrayBuffer>,
  ): void {
    const { partitionKey, explicitHashKey } = put;
    // Made before other changes: if it throws, the packer is unchanged.
    const alone = this.#alone(put, own(put, data));
    if (!open) {
      // Earlier values of this key may be in the open record of the previously predicted shard.
      this.flush();
      return this.#emit(alone);
    }
    if (open.puts.length > 0) {
      this.#close(open);
      open.limit = this.#limitOf(put);
      if (
        open.aggregate.add(partitionKey, explicitHashKey, data, open.limit)
      ) return this.#added(open, put);
    }
    this.#emit(alone);
  }

  /** The record of a single value. */
  #alone(put: P, data: Uint8Array<ArrayBuffer>): EncodedRecord<P> {
    // Plain data that looks like an aggregated record would be read as one.
    if (!this.#kpl.aggregateAlways && !hasMagic(data)) {
      return recordOf(put, data, this.#limit);
    }
    const { partitionKey, explicitHashKey } = put;
    const aggregate = new Aggregate();
    aggregate.add(partitionKey, explicitHashKey, data, Infinity);
    const record = this.#aggregated(aggregate, [put]);
    if (record.size > this.#limit) {
      throw tooLarge(put, record.size, this.#limit);
    }
    return record;
  }

  #close(open: Open<P>): void {
    const { aggregate, puts } = open;
    const first = puts[0];
    if (!first) return;
    open.puts = [];
    this.#pending -= puts.length;
    this.#pendingBytes -= open.bytes;
    open.bytes = 0;
    if (puts.length > 1 || this.#kpl.aggregateAlways) {
      return this.#emit(this.#aggregated(aggregate, puts));
    }
    const data = aggregate.firstData();
    aggregate.clear();
    this.#emit(this.#alone(first, data));
  }

  #aggregated(aggregate: Aggregate, puts: P[]): EncodedRecord<P> {
    const first = puts[0]!;
    const data = aggregate.finish();
    const partitionKey = this.#outerKeyOf(first);
    return {
      data,
      partitionKey,
      // All values belong to one shard, so the hash key of any of them determines this shard.
      explicitHashKey: first.explicitHashKey ??
        hashKeyOf(first.partitionKey).toString(),
      size: data.length + utf8Length(partitionKey),
      puts,
    };
  }
}
