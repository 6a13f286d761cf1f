/**
 * Packing values of one shard into aggregated records.
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

/** Options of `kpl()` and its relatives. */
export interface KplOptions {
  /**
   * Largest aggregated record in bytes, without its partition key. Larger packs better, smaller loses less time when one is
   * sent again; a value that does not fit is sent as a record of its own. @default {51_200}
   */
  maxAggregateBytes?: number;
  /**
   * The partition key of the aggregated record itself: `"a"` as the KPL has it, or that of the first value, which spreads the
   * records over the concurrent batches of a Lambda function. The shard is chosen by the hash key in both cases. @default {"a"}
   */
  outerPartitionKey?: "a" | "first";
  /**
   * Whether a value that finds no company becomes an aggregated record too. `false` sends it plain, under its own keys, as the
   * KPL does; every reader that follows the format takes both. `true` costs about 30 bytes for each such value, and is for
   * readers that take every record for an aggregated one: the KPL processors of async-kinesis for Python read nothing of a
   * short plain record, without an error, and fail on a longer one. @default {false}
   */
  aggregateAlways?: boolean;
}

interface Open<P> {
  readonly aggregate: Aggregate;
  /** Most bytes that the aggregated record may have; depends on the outer key, so on the first value. */
  limit: number;
  /** Bytes of the aggregate that were counted. */
  bytes: number;
  puts: P[];
}

/** Collects values per shard; those that find no company go alone. */
export class KplPacker<T, P extends Put<T>> implements Packer<P> {
  readonly #serializer: Serializer<T>;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #shardOf: PackerOptions<P>["shardOf"];
  readonly #limit: number;
  readonly #resendsStrays: boolean;
  readonly #kpl: Required<KplOptions>;
  /** By shard. */
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
    // Shards come and go: those that are still in use get a new buffer.
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

  /** Takes a value that does not fit into what is open, or whose shard is not known. */
  #pushBeyond(
    open: Open<P> | undefined,
    put: P,
    data: Uint8Array<ArrayBuffer>,
  ): void {
    const { partitionKey, explicitHashKey } = put;
    // Made first: if it throws, nothing has changed.
    const alone = this.#alone(put, own(put, data));
    if (!open) {
      // Values of this key may be open under the shard that was predicted a moment ago.
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

  /** The record of a value that shares it with none. */
  #alone(put: P, data: Uint8Array<ArrayBuffer>): EncodedRecord<P> {
    // Plain data that looks like an aggregated record would be taken apart when it is read.
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
      // All values hash into one shard, so the hash of any of them leads there.
      explicitHashKey: first.explicitHashKey ??
        hashKeyOf(first.partitionKey).toString(),
      size: data.length + utf8Length(partitionKey),
      puts,
    };
  }
}
