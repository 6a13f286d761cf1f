/**
 * Bounds the number of shards that this worker reads: the option `maxShards`.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** A shard that this worker reads. */
export interface HeldShard {
  /** Its id. */
  readonly shardId: string;
  /** Whether it was read up to `until` and all its values are handed out. */
  readonly hasReachedUntil: boolean;
  /** Values that are handed out and not acknowledged. */
  readonly unacknowledged: number;
}

/**
 * Counts the room for further shards, and remembers which shards have given their place to others.
 * A consumer with `until` would otherwise hold the shards that it has read, and never read the
 * rest.
 */
export class ShardRoom {
  readonly #options: Pick<
    ConsumerSettings,
    "failoverTimeMs" | "maxShards" | "until"
  >;
  /** When each lease was first seen to be free, in milliseconds of the monotonic clock. */
  #freeSince = new Map<string, number>();
  readonly #passed = new Set<string>();
  /** The number of shards that wait for a place. */
  #wanted = 0;

  /** Starts without knowledge. */
  constructor(
    options: Pick<ConsumerSettings, "failoverTimeMs" | "maxShards" | "until">,
  ) {
    this.#options = options;
  }

  /** Shards that were read up to `until` and given back. They are not read again. */
  get passed(): ReadonlySet<string> {
    return this.#passed;
  }

  /** The room beside `held` shards. */
  beside(held: number): number {
    return Math.max(0, this.#options.maxShards - held);
  }

  /** Notes which leases may be read and have no living holder. `now` is monotonic. */
  noteFree(free: readonly Lease[], room: number, now: number): void {
    const before = this.#freeSince;
    this.#freeSince = new Map(
      free.map(({ shardId }) => [shardId, before.get(shardId) ?? now]),
    );
    this.#wanted = Math.max(0, free.length - room);
  }

  /**
   * Whether a lease was free for half of `failoverTimeMs`. By then each worker has looked at the
   * leases, so the workers whose part it is have no room for it, or have died as well and are not
   * missed yet.
   */
  isLeftOver({ shardId }: Lease, now: number): boolean {
    const since = this.#freeSince.get(shardId);
    return since !== undefined && now - since >= this.#leftOverMs;
  }

  /** The time until a free lease is left over, in milliseconds. `Infinity`: none will be. */
  nextLeftOverMs(now: number): number {
    let next = Infinity;
    for (const since of this.#freeSince.values()) {
      const leftMs = since + this.#leftOverMs - now;
      if (leftMs > 0) next = Math.min(next, leftMs);
    }
    return next;
  }

  get #leftOverMs(): number {
    return this.#options.failoverTimeMs / 2;
  }

  /** Whether a shard may have to give its place to a waiting one. */
  mayGiveWay(shard: HeldShard): boolean {
    return this.#wanted > 0 && this.#options.until !== undefined &&
      shard.hasReachedUntil && shard.unacknowledged === 0;
  }

  /** The shards that give their places to waiting ones. */
  givingWay<S extends HeldShard>(shards: readonly S[]): S[] {
    return shards.filter((shard) => this.mayGiveWay(shard))
      .slice(0, this.#wanted);
  }

  /** Notes that a shard has given its place to another. */
  pass(shardId: string): void {
    this.#passed.add(shardId);
  }
}
