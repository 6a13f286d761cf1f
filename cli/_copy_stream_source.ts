/**
 * Reads the records of a stream as they are stored.
 *
 * @module
 */
import type { KinesisClient, Shard } from "../client/mod.ts";
import { Consumer } from "../consumer.ts";
import type { ConsumerStatus, ShardStatus } from "../mod.ts";
import { bytes } from "../processors/mod.ts";
import type { CapturedShard } from "../testing/mod.ts";
import type { LostRecord } from "./_copy_sink.ts";
import type { CopySource, CopySpan } from "./_copy_source.ts";
import type { StreamTarget } from "./_stream_target.ts";

/**
 * How much earlier a later copy starts at a shard without new records, in milliseconds: a record
 * can be read only some time after it has arrived.
 */
const SETTLE_MS = 5_000;

/** What is known about a stream that is read. */
export interface StreamSourceOptions extends CopySpan {
  readonly client: KinesisClient;
  readonly target: StreamTarget;
  /** Ends the reading. */
  readonly stop: AbortSignal;
}

/** A stream that is read. */
export class StreamSource implements CopySource {
  readonly #options: StreamSourceOptions;
  readonly #consumer: Consumer<Uint8Array<ArrayBuffer>>;
  readonly #known = new Set<string>();
  /** When the last record that was taken from a shard had arrived, by shard. */
  readonly #arrivals = new Map<string, number>();
  readonly #onStop = () => {
    this.#rest ??= this.#restOf(this.#consumer.status());
    void this.#consumer.close().catch(() => {});
  };
  #first = Infinity;
  /** The earliest time of a record that may not be copied. `-Infinity` for the oldest record. */
  #rest: number | undefined;

  /** Sends nothing yet. */
  constructor(options: StreamSourceOptions) {
    this.#options = options;
    const { client, target, from, until, stop } = options;
    this.#consumer = new Consumer({
      client,
      streamName: target.StreamName,
      streamARN: target.StreamARN,
      processor: bytes(),
      from,
      until,
    });
    stop.addEventListener("abort", this.#onStop, { once: true });
    if (stop.aborted) this.#onStop();
  }

  /** Resolves when all records that are written from now on are read. */
  get ready(): Promise<void> {
    return this.#consumer.ready;
  }

  async *entries(): ReturnType<CopySource["entries"]> {
    const { target } = this.#options;
    const stream = target.StreamARN ?? target.StreamName;
    yield { type: "stream", stream };
    yield* this.#newShards();
    for await (const read of this.#consumer) {
      const { shardId, sequenceNumber, partitionKey, value: data } = read;
      // A shard that a reshard has made since.
      if (!this.#known.has(shardId)) yield* this.#newShards();
      const arrivedAt = read.approximateArrivalTimestamp?.getTime();
      this.#note(shardId, arrivedAt);
      const fields = { shardId, sequenceNumber, partitionKey, arrivedAt };
      yield { type: "record", record: { ...fields, data } };
    }
    if (this.#rest === undefined) yield* this.#newShards();
  }

  share(): number | undefined {
    const { from, until } = this.#options;
    if (until === undefined) return undefined;
    const start = from instanceof Date ? from.getTime() : this.#first;
    const end = until instanceof Date ? until.getTime() : this.#now();
    if (!(end > start)) return undefined;
    const parts = this.#consumer.status().shards
      .filter(({ state }) => state !== "finished")
      .map((shard) => {
        const at = isDone(shard) ? end : this.#arrivals.get(shard.shardId);
        return Math.min(1, ((at ?? start) - start) / (end - start));
      });
    if (parts.length === 0) return undefined;
    return parts.reduce((sum, part) => sum + part, 0) / parts.length;
  }

  goOn(_taken: number, lost: LostRecord | undefined): [string, string] {
    const rest = Math.min(
      this.#rest ?? this.#restOf(this.#consumer.status()),
      lost?.arrivedAt ?? Infinity,
    );
    return [
      "--from",
      rest === -Infinity ? "oldest" : new Date(rest).toISOString(),
    ];
  }

  async close(): Promise<void> {
    this.#rest ??= this.#restOf(this.#consumer.status());
    this.#options.stop.removeEventListener("abort", this.#onStop);
    await this.#consumer.close();
  }

  async *#newShards(): AsyncGenerator<
    { type: "shard"; shard: CapturedShard },
    void
  > {
    const { client, target } = this.#options;
    for await (const shard of client.listAllShards(target)) {
      if (this.#known.has(shard.ShardId)) continue;
      this.#known.add(shard.ShardId);
      yield { type: "shard", shard: capturedShard(shard) };
    }
  }

  #note(shardId: string, arrivedAt: number | undefined): void {
    if (arrivedAt === undefined) return;
    this.#arrivals.set(shardId, arrivedAt);
    this.#first = Math.min(this.#first, arrivedAt);
  }

  #now(): number {
    return this.#options.client.serviceNow() ?? Date.now();
  }

  #restOf({ shards }: ConsumerStatus): number {
    const { from } = this.#options;
    const start = from instanceof Date
      ? from.getTime()
      : from === "TRIM_HORIZON"
      ? -Infinity
      : this.#now() - SETTLE_MS;
    if (shards.length === 0) return start;
    const listed = new Set(shards.map(({ shardId }) => shardId));
    const times = shards.map((shard) => {
      const { shardId, state, parentShardIds, lastRead } = shard;
      if (state === "finished" || state === "past-until") {
        return isDone(shard) ? Infinity : this.#arrivals.get(shardId) ?? start;
      }
      // Its records are later than those of the parents that are read.
      if (
        state === "waiting" && parentShardIds.some((id) => listed.has(id))
      ) return Infinity;
      return isDone(shard) && lastRead
        ? this.#now() - lastRead.ageMs - SETTLE_MS
        : this.#arrivals.get(shardId) ?? start;
    });
    const earliest = Math.min(...times);
    return earliest === Infinity ? this.#now() - SETTLE_MS : earliest;
  }
}

/** Whether nothing of a shard is left to take now. */
function isDone({ state, bufferedRecords = 0 }: ShardStatus): boolean {
  return bufferedRecords === 0 &&
    ["caught-up", "past-until", "ended", "finished"].includes(state);
}

function capturedShard(shard: Shard): CapturedShard {
  return {
    shardId: shard.ShardId,
    parentShardId: shard.ParentShardId,
    adjacentParentShardId: shard.AdjacentParentShardId,
    startingHashKey: shard.HashKeyRange.StartingHashKey,
    endingHashKey: shard.HashKeyRange.EndingHashKey,
  };
}
