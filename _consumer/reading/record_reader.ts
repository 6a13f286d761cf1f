/**
 * The interface of the readers of a shard, by polling or by a subscription.
 *
 * @module
 */
import type { KinesisApiRecord } from "../../client/mod.ts";
import type { ReaderVitals } from "./reader_vitals.ts";

/**
 * The state of a reader: `opening` (reading has not begun), `reading`, `caught-up` (at the latest
 * record), `past-until` (at the time `until`, and not read further) or `ended` (the shard is closed
 * and read).
 */
export type ReaderState =
  | "opening"
  | "reading"
  | "caught-up"
  | "past-until"
  | "ended";

/** The records of a shard that were read and not taken yet, and how far reading has come. */
export interface ShardRecords {
  /** The state. */
  readonly state: ReaderState;
  /** Whether reading has begun: the records that are written after that will be read. */
  readonly hasIterator: boolean;
  /** Whether the reader was at the latest record once and the shard has not ended since. */
  readonly hasCaughtUp: boolean;
  /** Whether the shard expired before it was read to its end. */
  readonly hasExpired: boolean;
  /** The lag that the last answer stated, in milliseconds. */
  readonly millisBehindLatest: number | undefined;
  /** The children that the last answer of a closed shard named. Empty if the server names none. */
  readonly childShardIds: readonly string[];
  /** Records in the buffer. */
  readonly buffered: number;
  /** Bytes in the buffer. */
  readonly bufferedBytes: number;
  /** What the reader waits for, and whether it gets further. */
  readonly vitals: Pick<
    ReaderVitals,
    "answeredAt" | "since" | "steps" | "waitsFor"
  >;
  /** Removes the next record from the buffer. */
  shift(): KinesisApiRecord | undefined;
  /** The record at an index of the buffer. It stays there. */
  peek(index: number): KinesisApiRecord | undefined;
  /** Drops the buffer and gives its room to the other shards. Call it after reading has ended. */
  clear(): void;
}

/** Reads one shard, a bounded distance ahead of the application. */
export interface RecordReader {
  /**
   * Reads to the end of the shard. Rejects if the reader cannot go on.
   *
   * If `until` is a time, reads only the records of {@linkcode recordsBefore}. Ends in the state
   * `past-until` when the first record that is left out was reached, or at the latest record once
   * the time {@linkcode isSettled}.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Gives up the request or subscription under way, and goes on behind the last buffered record
   * with a new one. A late answer is ignored. Counts as a failure with the given error.
   */
  restart(reason: unknown): void;
}
