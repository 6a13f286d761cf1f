/**
 * Predicts the shard of a record.
 *
 * @module
 */
import { hashKeyOf } from "../_aws/hash_key.ts";
import type { HashRange, RecordKeys } from "../_shards/hash_range.ts";
import type { ShardMap } from "./shard_map.ts";

/** The most partition keys whose shard is remembered. The MD5 of a short key takes about 2 µs. */
const CACHE_SIZE = 10_000;

/** A change of the predictions. */
export interface RoutesChange {
  /** The new map. */
  readonly map?: ShardMap;
  /** Whether shards are predicted from now on. */
  readonly predicts?: boolean;
  /** Whether the service has said that it ignores keys. Then no shard is predicted. */
  readonly ignoresKeys?: boolean;
}

/**
 * What the producer believes about the shards of its stream. {@linkcode ShardWatch} decides when
 * that changes.
 */
export class ShardRoutes {
  #map: ShardMap | undefined;
  #predicts = true;
  #ignoresKeys = false;
  #openShards = 0;
  #version = 0;
  #cache = new Map<string, string | undefined>();

  /**
   * The shard that a record with these keys is predicted to be stored in; `undefined` if not known.
   */
  shardOf({ partitionKey, explicitHashKey }: RecordKeys): string | undefined {
    return this.shardOfKeys(partitionKey, explicitHashKey);
  }

  /** The same as {@linkcode ShardRoutes.shardOf}, without an object for the keys. */
  shardOfKeys(
    partitionKey: string,
    explicitHashKey: string | undefined,
  ): string | undefined {
    return this.#predicts
      ? this.#mapped(partitionKey, explicitHashKey)
      : undefined;
  }

  /** How many shards are predicted to be open; 0 while no shard is predicted. */
  get shardCount(): number {
    return this.#predicts ? this.#map?.size ?? 0 : 0;
  }

  /** The ids of those shards in the order of their hash keys. */
  get shardIds(): string[] {
    return this.#predicts ? this.#map?.shardIds ?? [] : [];
  }

  /** Whether a shard map is known. */
  get hasMap(): boolean {
    return this.#map !== undefined;
  }

  /** Whether records are believed to follow their keys. Also true while no shard map is known. */
  get predicts(): boolean {
    return this.#predicts;
  }

  /** The number of open shards in the map, also while no shard is predicted. */
  get mapSize(): number {
    return this.#map?.size ?? 0;
  }

  /**
   * The number of shards that records of unknown shards are spread over; 0 if it is not known, and
   * while shards are predicted.
   */
  get commonShards(): number {
    if (this.#predicts) return 0;
    return this.#openShards || this.mapSize;
  }

  /** Notes how many shards the service says are open; 0 if it does not say. */
  noteOpenShards(count: number): void {
    this.#openShards = count;
  }

  /**
   * Whether the service has said that it ignores the keys of records. Then records need no key, and
   * values of several keys may share one.
   */
  get ignoresKeys(): boolean {
    return this.#ignoresKeys;
  }

  /** Rises with every change of the predictions. */
  get version(): number {
    return this.#version;
  }

  /**
   * The range of the shard that stored a record, if the map explains why: the map names that shard,
   * or the shard is closed now and its range contains the keys.
   */
  rangeOf(keys: RecordKeys, shardId: string): HashRange | undefined {
    const range = this.#map?.rangeOf(shardId);
    if (!range) return undefined;
    const { partitionKey, explicitHashKey } = keys;
    const isRight = this.#mapped(partitionKey, explicitHashKey) === shardId ||
      range.holds(keys);
    return isRight ? range : undefined;
  }

  /** Whether predictions differ once a map is used. */
  isChangedBy(map: ShardMap): boolean {
    return !this.#map || this.#predicts && !this.#map.equals(map);
  }

  /**
   * Uses a map that changes no prediction. It may know closed shards that the present map does not.
   */
  refine(map: ShardMap): void {
    if (!this.#map?.equals(map)) this.#cache.clear();
    this.#map = map;
  }

  /** Changes the predictions. */
  change(
    {
      map = this.#map,
      predicts = this.#predicts,
      ignoresKeys = this.#ignoresKeys,
    }: RoutesChange,
  ): void {
    this.#map = map;
    this.#predicts = predicts;
    this.#ignoresKeys = ignoresKeys;
    this.#version++;
    this.#cache.clear();
  }

  #mapped(
    partitionKey: string,
    explicitHashKey: string | undefined,
  ): string | undefined {
    if (!this.#map) return undefined;
    if (explicitHashKey !== undefined) {
      return this.#map.shardOf(BigInt(explicitHashKey));
    }
    const known = this.#cache.get(partitionKey);
    if (known !== undefined) return known;
    const shardId = this.#map.shardOf(hashKeyOf(partitionKey));
    if (this.#cache.size >= CACHE_SIZE) this.#cache.clear();
    this.#cache.set(partitionKey, shardId);
    return shardId;
  }
}
