/**
 * Divides the buffer among the shards, so that a slow shard does not fill it.
 *
 * @module
 */

/** An amount of buffer. */
export interface Load {
  /** Values. */
  values: number;
  /** Bytes. */
  bytes: number;
}

/**
 * One shard may use this many times the free space: at most 8/9 of the buffer. With room for 900
 * values, a stuck shard stops at 800. A second stuck shard may use 8/9 of the remaining 100.
 */
const SHARE = 8;

/** The unsettled values of each shard. */
export class Backlog {
  readonly #shards = new Map<string, Load>();
  #bytes = 0;

  /** Bytes of all shards. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts values of a shard. Returns the load to remove them from. While the shard is not known,
   * the load belongs to no shard and limits nothing.
   */
  add(
    shardId: string | undefined,
    values: number,
    bytes: number,
  ): Readonly<Load> {
    const load = this.#of(shardId);
    load.values += values;
    load.bytes += bytes;
    this.#bytes += bytes;
    return load;
  }

  /** Counts values no more that {@linkcode Backlog.add} has counted in a load. */
  remove(load: Readonly<Load>, values: number, bytes: number): void {
    const own = load as Load;
    own.values -= values;
    own.bytes -= bytes;
    this.#bytes -= bytes;
  }

  /** Forgets everything. Earlier loads are of no use any more. */
  clear(): void {
    this.#shards.clear();
    this.#bytes = 0;
  }

  /** Whether a value of a shard fits into a buffer that contains `used` and has room for `most`. */
  hasRoom(shardId: string | undefined, used: Load, most: Load): boolean {
    const values = most.values - used.values;
    const bytes = most.bytes - used.bytes;
    if (values <= 0 || bytes <= 0) return false;
    const load = shardId === undefined ? undefined : this.#shards.get(shardId);
    return !load ||
      load.values < SHARE * values && load.bytes < SHARE * bytes;
  }

  #of(shardId: string | undefined): Load {
    if (shardId === undefined) return { values: 0, bytes: 0 };
    let load = this.#shards.get(shardId);
    if (!load) this.#shards.set(shardId, load = { values: 0, bytes: 0 });
    return load;
  }

  /** While a buffer with room for `most` contains less than this, a value of any shard fits. */
  static commonRoom({ values, bytes }: Load): Load {
    const part = SHARE / (SHARE + 1);
    return { values: values * part, bytes: bytes * part };
  }
}
