/**
 * Writes records into a stream.
 *
 * @module
 */
import type { KinesisClient, Shard } from "../client/mod.ts";
import { type DurableWrite, writeDurably } from "../durable_sink.ts";
import { InvalidRecordError } from "../errors.ts";
import { Producer } from "../producer.ts";
import { createProcessor, type Serializer, single } from "../processors/mod.ts";
import type { CapturedRecord, CaptureEntry } from "../testing/mod.ts";
import {
  Aggregates,
  type CopiedRecord,
  mayBeAggregated,
} from "./_copy_aggregates.ts";
import { KeyOrder } from "./_copy_key_order.ts";
import type { RefusedRecords } from "./_copy_refused.ts";
import type { CopyCounts, CopySink, LostRecord } from "./_copy_sink.ts";
import type { StreamTarget } from "./_stream_target.ts";

/** What is known about the stream that is written. */
export interface StreamSinkOptions {
  readonly client: KinesisClient;
  readonly target: StreamTarget;
  /** Whether the stream stores records by their keys: not with AUTO record distribution. */
  readonly usesKeys: boolean;
  /** Whether the source does. */
  readonly sourceUsesKeys: boolean;
  /** Whether the order of each partition key is kept. */
  readonly keepsOrder: boolean;
  readonly refused: RefusedRecords;
  /** Called when the stream takes nothing more, so that the rest need not be read. */
  readonly onUnusable: () => void;
}

/** A lower number ends a copy sooner at Ctrl-C. One shard takes 1000 records a second. */
const BUFFERED_VALUES = 10_000;

const recordBytes: Serializer<CopiedRecord> = {
  name: "record",
  serialize: ({ data }) => data,
  deserialize: (data) => ({ data }),
};

/** A stream that is written. */
export class StreamSink implements CopySink {
  readonly #options: StreamSinkOptions;
  readonly #producer: Producer<CopiedRecord>;
  readonly #aggregates: Aggregates | undefined;
  /** Made at the first aggregated record: without one, the producer keeps the order. */
  #order: KeyOrder | undefined;
  #copied = 0;
  #refused = 0;
  #leftOut = 0;
  #waiting = 0;
  #taken = 0;
  #firstLost: LostRecord | undefined;
  #onIdle: (() => void) | undefined;
  #trouble: string | undefined;
  /** Ends the producer when the stream takes nothing more. */
  readonly #abort = new AbortController();
  #unusable: unknown;

  /** Sends nothing yet. */
  constructor(options: StreamSinkOptions) {
    this.#options = options;
    const { client, target, usesKeys, sourceUsesKeys, keepsOrder } = options;
    const aggregates = new Aggregates({
      hasStrays: sourceUsesKeys,
      listShards: async () => {
        const shards: Shard[] = [];
        for await (const shard of client.listAllShards(target)) {
          shards.push(shard);
        }
        return shards;
      },
    });
    this.#aggregates = usesKeys ? aggregates : undefined;
    this.#producer = new Producer<CopiedRecord>({
      client,
      streamName: target.StreamName,
      streamARN: target.StreamARN,
      processor: createProcessor({
        serializer: recordBytes,
        framing: single(),
      }),
      signal: this.#abort.signal,
      bufferedValues: BUFFERED_VALUES,
      ordering: usesKeys && keepsOrder ? "key" : "none",
      hooks: {
        onBatch: ({ error, records, failed, failures }) => {
          const why = error ?? (failed === records ? failures[0]?.code : "");
          this.#trouble = why instanceof Error ? why.message : why as string;
        },
        onShardMap: () => aggregates.forgetShards(),
      },
    });
  }

  get counts(): CopyCounts {
    return {
      copied: this.#copied,
      refused: this.#refused,
      leftOut: this.#leftOut,
      waiting: this.#waiting,
    };
  }

  get firstLost(): LostRecord | undefined {
    return this.#firstLost;
  }

  get trouble(): string | undefined {
    return this.#trouble || undefined;
  }

  write(
    entry: Exclude<CaptureEntry, { type: "end" }>,
  ): Promise<void> | undefined {
    if (entry.type === "shard") this.#aggregates?.addShard(entry.shard);
    if (entry.type !== "record") return;
    const { record } = entry;
    const number = this.#taken++;
    if (this.#aggregates && mayBeAggregated(record)) {
      return this.#route(number, record, this.#aggregates);
    }
    const { data, partitionKey } = record;
    return this.#send(number, record, [{ data, partitionKey }]);
  }

  async close(): Promise<void> {
    // Each record tells its own failure.
    await this.#producer.close().catch(() => {});
    await this.#idle();
  }

  async #route(
    number: number,
    record: CapturedRecord,
    aggregates: Aggregates,
  ): Promise<void> {
    if (this.#options.keepsOrder && !this.#order) {
      // The keys of records that were handed over before are not known.
      await this.#producer.flush();
      this.#order = new KeyOrder();
    }
    const parts = await aggregates.route(record);
    if (parts.length === 0) this.#leftOut++;
    else await this.#send(number, record, parts);
  }

  /** Hands the parts of a record to the producer, in their order. */
  #send(
    number: number,
    record: CapturedRecord,
    parts: readonly CopiedRecord[],
  ): Promise<void> | undefined {
    const order = this.#order;
    const waits = order
      ? parts.flatMap((it) => order.before(...keysOf(it)))
      : [];
    if (waits.length === 0) return this.#handOver(number, record, parts);
    return Promise.all(waits).then(() => this.#handOver(number, record, parts));
  }

  #handOver(
    number: number,
    record: CapturedRecord,
    parts: readonly CopiedRecord[],
  ): Promise<void> | undefined {
    let room: Promise<void> | undefined;
    let left = parts.length;
    let failure: unknown;
    this.#waiting++;
    const settle = () => {
      if (--left === 0) this.#settle(number, record, failure);
    };
    for (const part of parts) {
      const { taken, stored }: DurableWrite = this.#producer[writeDurably](
        part,
        {
          partitionKey: part.partitionKey,
          explicitHashKey: part.explicitHashKey,
        },
      );
      const settled = stored.then(settle, (error) => {
        failure ??= error;
        settle();
      });
      this.#order?.add(...keysOf(part), settled);
      // A producer that has failed rejects `stored` as well.
      room = taken?.catch(() => {}) ?? room;
    }
    return room;
  }

  #settle(number: number, record: CapturedRecord, failure: unknown): void {
    this.#waiting--;
    if (failure === undefined) this.#copied++;
    else this.#refuse(number, record, failure);
    if (this.#waiting === 0) this.#onIdle?.();
  }

  #refuse(number: number, record: CapturedRecord, failure: unknown): void {
    const { refused, onUnusable } = this.#options;
    this.#refused++;
    // A record that is too large says nothing about the others.
    const isOwn = failure instanceof InvalidRecordError;
    const why = isOwn ? failure : this.#unusable ??= failure;
    refused.add(record, why instanceof Error ? why.message : `${why}`);
    if (isOwn) return;
    // The producer has tried this record for a minute. Without an end, it would try the next record
    // of each key for as long.
    this.#abort.abort(failure);
    onUnusable();
    const { arrivedAt = Infinity } = record;
    const first = this.#firstLost;
    // Records of other shards may come later and have arrived earlier.
    this.#firstLost = {
      number: Math.min(number, first?.number ?? number),
      arrivedAt: Math.min(arrivedAt, first?.arrivedAt ?? Infinity),
    };
  }

  #idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle = resolve);
  }
}

function keysOf(
  { partitionKey = "", innerKeys }: CopiedRecord,
): [outerKey: string, keys: readonly string[]] {
  return [partitionKey, innerKeys ?? [partitionKey]];
}
