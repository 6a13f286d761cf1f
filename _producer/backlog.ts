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

  /** Adds a load, or takes it away if its numbers are negative. */
  add(shardId: string | undefined, records: number, bytes: number): void {
    if (shardId === undefined) return;
    const load = this.#shards.get(shardId);
    if (!load) {
      this.#shards.set(shardId, { records, bytes });
      return;
    }
    load.records += records;
    load.bytes += bytes;
    // Shards come and go.
    if (load.records === 0) this.#shards.delete(shardId);
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
