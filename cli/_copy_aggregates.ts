/**
 * Aggregated records of the KPL on their way to another stream.
 *
 * A reader may drop values whose hash keys do not belong to the shard of their record: the KCL does
 * so always, and a `Consumer` with records that look as if a reshard had put them into a wrong
 * shard. The shards of the destination divide the hash keys in another way than those of the source.
 * So a record goes as it is to the shard of its values, or is divided into one record for each shard.
 *
 * @module
 */
import { hashKeyOf } from "../_aws/hash_key.ts";
import { ShardMap } from "../_producer/shard_map.ts";
import { ShardFamily } from "../_shards/shard_family.ts";
import { type RelatedShard, Strays } from "../_shards/strays.ts";
import type { Shard } from "../client/mod.ts";
import {
  bytes,
  type EncodedRecord,
  kpl,
  type Packer,
  type Put,
  type Unpacked,
} from "../processors/mod.ts";
import type { CapturedRecord, CapturedShard } from "../testing/mod.ts";

/** A record to write. */
export interface CopiedRecord {
  readonly data: Uint8Array<ArrayBuffer>;
  /** Absent if the record had none. */
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  /** The partition keys of the values inside. Absent if the record is not aggregated. */
  readonly innerKeys?: readonly string[];
}

type Value = Extract<Unpacked<Uint8Array<ArrayBuffer>>, { type: "value" }>;

/** The largest record of Kinesis, in bytes. What one stream has stored, another one may store. */
const LARGEST_BYTES = 10_485_760;
/** The partition key of the records of the KPL. */
const KPL_KEY = "a";
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2];

/** Whether a record may be an aggregated one. */
export function mayBeAggregated({ data }: CapturedRecord): boolean {
  return MAGIC.every((byte, i) => data[i] === byte);
}

/** What aggregated records need of the two streams. */
export interface AggregateOptions {
  /** Lists the shards of the destination. */
  readonly listShards: () => Promise<readonly Shard[]>;
  /** Whether the source stores records by their keys: then values in wrong shards come again. */
  readonly hasStrays: boolean;
}

/** Routes aggregated records. */
export class Aggregates {
  readonly #options: AggregateOptions;
  readonly #framing = kpl();
  readonly #sourceShards: RelatedShard[] = [];
  #strays = new Map<string, Strays | undefined>();
  #map: ShardMap | undefined;

  /** Lists no shards yet. */
  constructor(options: AggregateOptions) {
    this.#options = options;
  }

  /** Adds a shard of the source. */
  addShard(shard: CapturedShard): void {
    this.#sourceShards.push({
      ShardId: shard.shardId,
      ParentShardId: shard.parentShardId,
      AdjacentParentShardId: shard.adjacentParentShardId,
      HashKeyRange: {
        StartingHashKey: shard.startingHashKey,
        EndingHashKey: shard.endingHashKey,
      },
    });
    this.#strays = new Map();
  }

  /** Lists the shards of the destination again before the next record. */
  forgetShards(): void {
    this.#map = undefined;
  }

  /**
   * The records to write for a record of the source: itself, or one for each shard. None if a reader
   * of the source would drop all of its values, because its producer has sent them again.
   */
  async route(record: CapturedRecord): Promise<CopiedRecord[]> {
    const { data, partitionKey } = record;
    const asItIs = { data, partitionKey };
    const items = this.#framing.unpack(bytes(), { streamName: "", ...record });
    const [only] = items;
    // The checksum was wrong, so that every reader takes it for plain bytes.
    const isPlain = items.length === 1 && only!.type === "value" &&
      only!.value === data;
    if (isPlain || items.length === 0) return [asItIs];
    if (!items.every((item) => item.type === "value")) return [asItIs];
    const kept = this.#withoutStrays(record, items);
    if (kept.length === 0) return [];
    const shards = await this.#shardsOf(kept);
    const isWhole = kept.length === items.length;
    if (isWhole && shards.every((shard) => shard === shards[0])) {
      return [{ ...asItIs, ...placeOf(kept) }];
    }
    return this.#divided(record, kept, shards);
  }

  #withoutStrays(
    { shardId, partitionKey }: CapturedRecord,
    items: readonly Value[],
  ): readonly Value[] {
    if (!this.#options.hasStrays) return items;
    if (!this.#strays.has(shardId)) {
      const family = new ShardFamily(this.#sourceShards);
      this.#strays.set(shardId, Strays.of(family, shardId));
    }
    const dropped = this.#strays.get(shardId)?.among(items, partitionKey);
    return dropped?.size ? items.filter((_, i) => !dropped.has(i)) : items;
  }

  /** The shards of values in the destination. `undefined` while a reshard has left a hole. */
  async #shardsOf(
    values: readonly Value[],
  ): Promise<readonly (string | undefined)[]> {
    this.#map ??= new ShardMap(await this.#options.listShards());
    const map = this.#map;
    return values.map((value) => map.shardOf(hashKey(value)));
  }

  #divided(
    { partitionKey }: CapturedRecord,
    values: readonly Value[],
    shards: readonly (string | undefined)[],
  ): CopiedRecord[] {
    const records: EncodedRecord<Put<Uint8Array<ArrayBuffer>>>[] = [];
    let shard: string | undefined;
    const packer: Packer<Put<Uint8Array<ArrayBuffer>>> = kpl({
      maxAggregateBytes: LARGEST_BYTES,
      outerPartitionKey: partitionKey === KPL_KEY ? "a" : "first",
      aggregateAlways: true,
    }).createPacker(bytes(), {
      maxRecordBytes: LARGEST_BYTES,
      shardOf: () => shard ?? "",
      emit: (record) => records.push(record),
    });
    for (const [i, { value, explicitHashKey, ...keys }] of values.entries()) {
      shard = shards[i];
      const key = keys.partitionKey ?? partitionKey ?? KPL_KEY;
      void packer.push({ value, partitionKey: key, explicitHashKey });
    }
    void packer.flush();
    return records.map(({ puts, ...record }) => ({
      data: record.data,
      partitionKey: record.partitionKey,
      ...placeOf(puts),
    }));
  }
}

/** The keys of a record with these values. */
function placeOf(
  values: readonly Pick<Value, "partitionKey" | "explicitHashKey">[],
): Pick<CopiedRecord, "explicitHashKey" | "innerKeys"> {
  const innerKeys = new Set(values.map((it) => it.partitionKey ?? ""));
  return {
    explicitHashKey: `${hashKey(values[0]!)}`,
    innerKeys: [...innerKeys],
  };
}

/** The hash key of a value. One that is no number counts as absent. */
function hashKey(
  { partitionKey = "", explicitHashKey }: Pick<
    Value,
    "partitionKey" | "explicitHashKey"
  >,
): bigint {
  return explicitHashKey !== undefined && /^\d{1,39}$/.test(explicitHashKey)
    ? BigInt(explicitHashKey)
    : hashKeyOf(partitionKey);
}
