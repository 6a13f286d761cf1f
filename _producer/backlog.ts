/**
 * Who may still enter the buffer: everybody while there is plenty of room, then only those whose shard has not filled it.
 *
 * @module
 */

/** Something that takes up room. */
export interface Load {
  /** Values. */
  records: number;
  /** Bytes. */
  bytes: number;
}

/**
 * A shard may fill the buffer up to this many times what is left over: one slow shard takes eight ninths of it at
 * most, and even many slow ones leave some, so that values for other shards get in however long that lasts.
 */
const SHARE = 8;

/** What waits for each shard. */
export class Backlog {
  readonly #shards = new Map<string, Load>();

  /** The load of a shard, to be added to and taken from; of no importance where the shard is not known. */
  of(shardId: string | undefined): Load {
    if (shardId === undefined) return { records: 0, bytes: 0 };
    let load = this.#shards.get(shardId);
    if (!load) this.#shards.set(shardId, load = { records: 0, bytes: 0 });
    return load;
  }

  /** Whether a value for a shard may enter a buffer that holds `used` of at most `most`. */
  hasRoom(shardId: string | undefined, used: Load, most: Load): boolean {
    const records = most.records - used.records;
    const bytes = most.bytes - used.bytes;
    if (records <= 0 || bytes <= 0) return false;
    const load = shardId === undefined ? undefined : this.#shards.get(shardId);
    return !load ||
      load.records < SHARE * records && load.bytes < SHARE * bytes;
  }

  /** What a buffer that holds `most` may hold for a value to enter whatever its shard. */
  static roomForAll({ records, bytes }: Load): Load {
    const part = SHARE / (SHARE + 1);
    return { records: records * part, bytes: bytes * part };
  }
}
