/**
 * The hash keys of one shard.
 *
 * @module
 */
import { hashKeyOf, hashKeyPrefixOf } from "../_aws/hash_key.ts";
import type { Shard } from "../client/mod.ts";

/** The keys that choose the shard of a record. */
export interface RecordKeys {
  /** The partition key. */
  readonly partitionKey: string;
  /** Chooses in place of the partition key: a decimal number. */
  readonly explicitHashKey?: string;
}

/** A range of hash keys, both ends inclusive. */
export class HashRange {
  /** The lowest hash key. */
  readonly start: bigint;
  /** The highest hash key. */
  readonly end: bigint;
  readonly #startPrefix: number;
  readonly #endPrefix: number;

  /** The range of a shard. */
  constructor({ HashKeyRange }: Pick<Shard, "HashKeyRange">) {
    this.start = BigInt(HashKeyRange.StartingHashKey);
    this.end = BigInt(HashKeyRange.EndingHashKey);
    this.#startPrefix = Number(this.start >> 96n);
    this.#endPrefix = Number(this.end >> 96n);
  }

  /** Whether it holds a hash key. */
  has(hashKey: bigint): boolean {
    return hashKey >= this.start && hashKey <= this.end;
  }

  /**
   * Whether a value with these keys belongs to the range. An explicit hash key that is no number
   * belongs to every range, and so does a value without keys.
   */
  holds({ partitionKey, explicitHashKey }: Partial<RecordKeys>): boolean {
    if (explicitHashKey !== undefined) {
      return !/^\d+$/.test(explicitHashKey) ||
        this.has(BigInt(explicitHashKey));
    }
    if (partitionKey === undefined) return true;
    const prefix = hashKeyPrefixOf(partitionKey);
    if (prefix < this.#startPrefix || prefix > this.#endPrefix) return false;
    // Only at the edges of the range do the other 96 bits matter.
    return prefix > this.#startPrefix && prefix < this.#endPrefix ||
      this.has(hashKeyOf(partitionKey));
  }
}
