/**
 * One shard: a range of hash keys, the records in it, and what it may take and give in a second.
 *
 * @module
 */
import type { HashRange } from "./hash_ring.ts";
import {
  SHARD_ITERATORS_PER_SECOND,
  SHARD_READ_BYTES_PER_SECOND,
  SHARD_READ_CALLS_PER_SECOND,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from "./limits.ts";
import { ByteDebt, TokenBucket } from "./rate.ts";
import { RecordLog, type StoredRecord } from "./record_log.ts";
import { SequenceNumbers } from "./sequence_number.ts";

/** What a shard is made of. */
export interface ShardOptions {
  /** The number in its id. */
  index: number;
  /** Orders shards of a stream by creation: a child's is greater than its parents'. */
  stamp: number;
  /** When it was opened, in milliseconds since the epoch. */
  openedAt: number;
  /** The hash keys it takes. */
  range: HashRange;
  /** The shard it came from. */
  parentId?: string;
  /** The other parent, after a merge. */
  adjacentParentId?: string;
}

/** A shard as ListShards describes it. */
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

/** A child as the last answer of its parent names it. */
export interface ChildShardDescription {
  ShardId: string;
  ParentShards: string[];
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
}

/** The id of the shard with this number. */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** One shard of a stream. */
export class Shard implements HashRange {
  /** Its id. */
  readonly id: string;
  /** The number in its id. */
  readonly index: number;
  /** When its creation comes in the order of the stream's shards. */
  readonly stamp: number;
  /** The lowest hash key it takes. */
  readonly start: bigint;
  /** The highest hash key it takes. */
  readonly end: bigint;
  /** The shard it came from. */
  readonly parentId?: string;
  /** The other parent, after a merge. */
  readonly adjacentParentId?: string;
  /** When it was opened. */
  readonly openedAt: number;
  /** Its records. */
  readonly log: RecordLog = new RecordLog();
  /** Its sequence numbers. */
  readonly numbers: SequenceNumbers;
  /** Calls of GetRecords it can answer. */
  readonly readCalls: TokenBucket;
  /** Calls of GetShardIterator it can answer. */
  readonly iteratorCalls: TokenBucket;
  /** Bytes that GetRecords took. */
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
    this.readCalls = new TokenBucket(SHARD_READ_CALLS_PER_SECOND, now);
    this.iteratorCalls = new TokenBucket(SHARD_ITERATORS_PER_SECOND, now);
    this.#writeRecords = new TokenBucket(SHARD_WRITE_RECORDS_PER_SECOND, now);
    this.#writeBytes = new TokenBucket(SHARD_WRITE_BYTES_PER_SECOND, now);
  }

  /** When it was closed, or nothing while it is open. */
  get closedAt(): number | undefined {
    return this.#closedAt;
  }

  /** The shards that took its place. */
  get children(): readonly Shard[] {
    return this.#children;
  }

  /** Takes one record of this size out of the second's allowance, or says that there is none left. */
  admit(size: number, now: number): boolean {
    if (!this.#writeRecords.has(1, now) || !this.#writeBytes.has(size, now)) {
      return false;
    }
    this.#writeRecords.take(1);
    this.#writeBytes.take(size);
    return true;
  }

  /** Stores a record and says its sequence number. Call {@linkcode Shard.notify} when a batch is complete. */
  append(record: StoredRecord): string {
    return this.numbers.write(record.time, this.log.append(record));
  }

  /** Ends the shard: its children take its place. */
  close(children: readonly Shard[], now: number): void {
    this.#closedAt = now;
    this.#children = children;
    this.notify();
  }

  /** Tells waiting readers that something changed. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls back at every {@linkcode Shard.notify} until the answer is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The shard as ListShards shows it. */
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

  /** The children as the last answer of this shard shows them; nothing for a shard without children. */
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
