/**
 * One shard: its range of hash keys, its records and its rate limits.
 *
 * @module
 */
import type { HashRange } from "./hash_ring.ts";
import {
  SHARD_READS_PER_SECOND,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from "../../_aws/limits.ts";
import {
  SHARD_ITERATORS_PER_SECOND,
  SHARD_READ_BYTES_PER_SECOND,
} from "./limits.ts";
import { ByteDebt, TokenBucket } from "./rate.ts";
import { RecordLog, type StoredRecord } from "./record_log.ts";
import { SequenceNumbers } from "./sequence_number.ts";

/** The parts of a new shard. */
export interface ShardOptions {
  /** The number in the shard id. */
  index: number;
  /** Rises with each reshard: the stamp of a child is greater than the stamps of its parents. */
  stamp: number;
  /** When the shard was opened, in milliseconds since the epoch. */
  openedAt: number;
  /** The range of hash keys. */
  range: HashRange;
  /** The parent shard, after a split or merge. */
  parentId?: string;
  /** The second parent shard, after a merge. */
  adjacentParentId?: string;
}

/** A shard in the API's shape. */
export interface ShardDescription {
  ShardId: string;
  ParentShardId?: string;
  AdjacentParentShardId?: string;
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string;
  };
}

/** A child shard in the API's shape, as the last GetRecords of its parent returns it. */
export interface ChildShardDescription {
  ShardId: string;
  ParentShards: string[];
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
}

/** The id of the shard with this index, for example `shardId-000000000001`. */
function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** One shard of a stream. */
export class Shard implements HashRange {
  /** The shard id. */
  readonly id: string;
  /** The number in the shard id. */
  readonly index: number;
  /** Rises with each reshard: greater than the stamps of the parents. */
  readonly stamp: number;
  /** The lowest hash key of the range. */
  readonly start: bigint;
  /** The highest hash key of the range. */
  readonly end: bigint;
  /** The parent shard, after a split or merge. */
  readonly parentId?: string;
  /** The second parent shard, after a merge. */
  readonly adjacentParentId?: string;
  /** When the shard was opened, in milliseconds since the epoch. */
  readonly openedAt: number;
  /** The records. */
  readonly log: RecordLog = new RecordLog();
  /** Makes and reads the sequence numbers of the records. */
  readonly numbers: SequenceNumbers;
  /** The rate limit of GetRecords calls. */
  readonly readCalls: TokenBucket;
  /** The rate limit of GetShardIterator calls. */
  readonly iteratorCalls: TokenBucket;
  /** The rate limit of bytes that GetRecords returns. */
  readonly readBytes: ByteDebt = new ByteDebt(SHARD_READ_BYTES_PER_SECOND);
  readonly #writeRecords: TokenBucket;
  readonly #writeBytes: TokenBucket;
  readonly #listeners: Set<() => void> = new Set();
  #children: readonly Shard[] = [];
  #closedAt: number | undefined;

  /** Opens a shard. */
  constructor(options: ShardOptions) {
    this.id = shardIdOf(options.index);
    this.index = options.index;
    this.stamp = options.stamp;
    this.start = options.range.start;
    this.end = options.range.end;
    this.parentId = options.parentId;
    this.adjacentParentId = options.adjacentParentId;
    this.openedAt = options.openedAt;
    this.numbers = new SequenceNumbers(options.stamp, options.index);
    const now = options.openedAt;
    this.readCalls = new TokenBucket(SHARD_READS_PER_SECOND, now);
    this.iteratorCalls = new TokenBucket(SHARD_ITERATORS_PER_SECOND, now);
    this.#writeRecords = new TokenBucket(SHARD_WRITE_RECORDS_PER_SECOND, now);
    this.#writeBytes = new TokenBucket(SHARD_WRITE_BYTES_PER_SECOND, now);
  }

  /** When the shard was closed, in milliseconds since the epoch. `undefined` while it is open. */
  get closedAt(): number | undefined {
    return this.#closedAt;
  }

  /** The child shards that replaced it. Empty while it is open. */
  get children(): readonly Shard[] {
    return this.#children;
  }

  /**
   * Counts one record of `size` bytes against the write rates. Returns false if a rate is exceeded.
   */
  admit(size: number, now: number): boolean {
    if (!this.#writeRecords.has(1, now) || !this.#writeBytes.has(size, now)) {
      return false;
    }
    this.#writeRecords.take(1);
    this.#writeBytes.take(size);
    return true;
  }

  /**
   * Stores a record and returns its sequence number. Call {@linkcode Shard.notify} after the last
   * record of a request.
   */
  append(record: StoredRecord): string {
    return this.numbers.write(record.time, this.log.append(record));
  }

  /** Closes the shard. `children` replace it. */
  close(children: readonly Shard[], now: number): void {
    this.#closedAt = now;
    this.#children = children;
    this.notify();
  }

  /** Calls the listeners: records were added or the shard was closed. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` at each {@linkcode Shard.notify}. Call the returned function to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The shard in the API's shape. */
  describe(): ShardDescription {
    return {
      ShardId: this.id,
      ParentShardId: this.parentId,
      AdjacentParentShardId: this.adjacentParentId,
      HashKeyRange: this.#describeRange(),
      SequenceNumberRange: {
        StartingSequenceNumber: this.numbers.first(),
        EndingSequenceNumber: this.#closedAt === undefined
          ? undefined
          : this.numbers.last(this.#closedAt),
      },
    };
  }

  /** The child shards in the API's shape. `undefined` while the shard is open. */
  describeChildren(): ChildShardDescription[] | undefined {
    if (this.#closedAt === undefined) return undefined;
    return this.#children.map((child) => ({
      ShardId: child.id,
      ParentShards: [child.parentId, child.adjacentParentId].filter((id) =>
        id !== undefined
      ),
      HashKeyRange: child.#describeRange(),
    }));
  }

  #describeRange(): { StartingHashKey: string; EndingHashKey: string } {
    return {
      StartingHashKey: String(this.start),
      EndingHashKey: String(this.end),
    };
  }
}
