/**
 * Finds the values of aggregated records that their producer sends again.
 *
 * @module
 */
import { type Clock, monotonicNow, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { parentsOf } from "../_shards/shard_facts.ts";
import {
  mayHoldStrays,
  type RelatedShard,
  type RelatedShards,
  Strays,
} from "../_shards/strays.ts";
import { walk } from "../_shards/walk.ts";
import { KinesisError } from "../errors.ts";
import type { Unpacked } from "../processors/processor.ts";
import type { KinesisRecord } from "../records.ts";

/**
 * The members of a shard of ListShards that are needed to find strays. The shards of
 * {@linkcode ShardLister} must have `ShardId` and `HashKeyRange`; the types allow `undefined`
 * because those of the AWS SDK do.
 */
export interface EventShard {
  /** The shard. */
  readonly ShardId?: string | undefined;
  /** The parent. Absent if the shard was created with the stream. */
  readonly ParentShardId?: string | undefined;
  /** The second parent after a merge. */
  readonly AdjacentParentShardId?: string | undefined;
  /** The hash keys, as decimal numbers, both ends inclusive. */
  readonly HashKeyRange?: {
    readonly StartingHashKey?: string | undefined;
    readonly EndingHashKey?: string | undefined;
  } | undefined;
}

/** The stream of an event. */
export type EventStream = Required<
  Pick<KinesisRecord, "streamName" | "streamARN">
>;

/** Lists all shards of a stream: all pages, and closed shards too. */
export type ShardLister = (stream: EventStream) =>
  | Iterable<EventShard>
  | AsyncIterable<EventShard>
  | PromiseLike<Iterable<EventShard> | AsyncIterable<EventShard>>;

/** Chooses the values of a record that are dropped: their indexes in `items`. */
export type StrayFilter = (
  items: readonly Unpacked<unknown>[],
  record: KinesisRecord,
) => ReadonlySet<number> | PromiseLike<ReadonlySet<number>>;

/** Options of {@linkcode dropStrays}. */
export interface DropStraysOptions {
  /**
   * How long a list of shards is trusted, in milliseconds. If the shard of a record is not in the
   * list, or a value would be dropped, an older list is fetched again first. Lower finds new shards
   * sooner, higher makes fewer requests.
   * @default {10_000}
   */
  maxListAgeMs?: number;
  /**
   * The clock that measures `maxListAgeMs`.
   * @default {the clock of the runtime}
   */
  clock?: Clock;
}

const NONE: ReadonlySet<number> = /* @__PURE__ */ new Set();
const check = /* @__PURE__ */ new OptionCheck("Cannot drop strays");

/**
 * Drops the values that their producer sends again: after a split, an aggregated record may have
 * values that belong to another shard. The rule is that of the `Consumer`:
 *
 * - a record that a `Producer` of this library marked: all its values, if one lies outside of the
 *   shard
 * - a record of the KPL, with the partition key `"a"`, its first value inside the shard, and all
 *   values inside one ancestor of the shard: the values outside
 * - of any other record nothing, and nothing in a shard without parents
 *
 * `list` is called for the first record that may have such values, and again as
 * {@linkcode DropStraysOptions.maxListAgeMs} says. If it fails, the event fails before the values
 * of the record are processed, and Lambda sends the event again. If a shard is not in a new list
 * either, its values are kept.
 *
 * @throws {TypeError} if `list` is not a function
 * @throws {RangeError} if `maxListAgeMs` is out of its range
 *
 * @example
 * ```ts
 * import { dropStrays, kinesisHandler } from "@webstreams/kinesis/lambda";
 * import { KinesisClient } from "@webstreams/kinesis/client";
 * import { kplJson } from "@webstreams/kinesis/processors";
 *
 * const client = new KinesisClient();
 * export const handler = kinesisHandler({
 *   processor: kplJson(),
 *   strays: dropStrays(({ streamARN }) =>
 *     client.listAllShards({ StreamARN: streamARN })
 *   ),
 *   handler: ({ value }) => void value,
 * });
 * ```
 */
export function dropStrays(
  list: ShardLister,
  options: DropStraysOptions = {},
): StrayFilter {
  check.type("list", list ?? null, "function");
  const { clock = systemClock } = options;
  const maxListAgeMs = check.number("maxListAgeMs", options.maxListAgeMs, {
    default: 10_000,
  });
  const parts = { list, clock, maxListAgeMs };
  // One function may read several streams, and each of them has a shardId-000000000000.
  const streams = new Map<string, ListedShards>();
  return (items, record) => {
    if (!mayHoldStrays(items, record.partitionKey)) return NONE;
    const { streamName, streamARN } = record as KinesisRecord & EventStream;
    let listed = streams.get(streamARN);
    if (!listed) {
      listed = new ListedShards({ streamName, streamARN }, parts);
      streams.set(streamARN, listed);
    }
    return listed.straysAmong(items, record);
  };
}

/** The shards of one stream, as they were listed last. */
class ListedShards implements RelatedShards {
  readonly #stream: EventStream;
  readonly #parts: Required<DropStraysOptions> & { list: ShardLister };
  #shards = new Map<string, RelatedShard>();
  /** When the entry of a shard was fetched, or was found to be missing. */
  readonly #fetchedAt = new Map<string, number>();
  /** Made when needed, because a shard may have thousands of ancestors. */
  readonly #strays = new Map<string, Strays | undefined>();
  #fetching: Promise<void> | undefined;

  constructor(
    stream: EventStream,
    parts: Required<DropStraysOptions> & { list: ShardLister },
  ) {
    this.#stream = stream;
    this.#parts = parts;
  }

  get shards(): ReadonlyMap<string, RelatedShard> {
    return this.#shards;
  }

  ancestorsOf(shardId: string): RelatedShard[] {
    const ids = walk(shardId, (id) => {
      const shard = this.#shards.get(id);
      return shard ? parentsOf(shard) : [];
    });
    return [...ids].flatMap((id) => this.#shards.get(id) ?? []);
  }

  async straysAmong(
    items: readonly Unpacked<unknown>[],
    record: KinesisRecord,
  ): Promise<ReadonlySet<number>> {
    const { shardId } = record;
    const strays = this.#decide(items, record);
    // A value is dropped by a recent list only. A stream that was deleted and created again has the
    // same ids with other hash keys, and by the former list values would be lost.
    const isCertain = this.#shards.has(shardId) && strays.size === 0;
    if (isCertain || this.#isRecent(shardId)) return strays;
    this.#fetching ??= this.#fetch().finally(() => this.#fetching = undefined);
    await this.#fetching;
    this.#fetchedAt.set(shardId, this.#now());
    return this.#decide(items, record);
  }

  #decide(
    items: readonly Unpacked<unknown>[],
    { shardId, partitionKey }: KinesisRecord,
  ): ReadonlySet<number> {
    if (!this.#strays.has(shardId)) {
      this.#strays.set(shardId, Strays.of(this, shardId));
    }
    return this.#strays.get(shardId)?.among(items, partitionKey) ?? NONE;
  }

  #isRecent(shardId: string): boolean {
    const at = this.#fetchedAt.get(shardId);
    return at !== undefined && this.#now() - at < this.#parts.maxListAgeMs;
  }

  #now(): number {
    return monotonicNow(this.#parts.clock);
  }

  async #fetch(): Promise<void> {
    const shards = new Map<string, RelatedShard>();
    try {
      const list = await this.#parts.list(this.#stream);
      if (!isIterable(list)) {
        throw new TypeError(
          "The function must return the shards, as an array or as another iterable",
        );
      }
      for await (const shard of list) {
        const related = relatedShard(shard);
        shards.set(related.ShardId, related);
      }
    } catch (cause) {
      throw new KinesisError(
        `Cannot find the strays of "${this.#stream.streamARN}" as its shards cannot be listed`,
        {
          code: "ShardsNotListed",
          retryable: cause instanceof KinesisError && cause.retryable,
          cause,
        },
      );
    }
    this.#shards = shards;
    this.#strays.clear();
    const now = this.#now();
    for (const id of shards.keys()) this.#fetchedAt.set(id, now);
  }
}

function isIterable(list: unknown): boolean {
  return typeof list === "object" && list !== null &&
    (Symbol.asyncIterator in list || Symbol.iterator in list);
}

function relatedShard(shard: EventShard): RelatedShard {
  const { ShardId, ParentShardId, AdjacentParentShardId, HashKeyRange } = shard;
  const { StartingHashKey, EndingHashKey } = HashKeyRange ?? {};
  if (!ShardId || !isNumber(StartingHashKey) || !isNumber(EndingHashKey)) {
    throw new TypeError(
      `A listed shard must have a ShardId and a HashKeyRange: it is ${
        JSON.stringify(shard)
      }`,
    );
  }
  return {
    ...{ ShardId, ParentShardId, AdjacentParentShardId },
    HashKeyRange: { StartingHashKey, EndingHashKey },
  };
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d+$/.test(text);
}
