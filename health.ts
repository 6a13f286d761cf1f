/**
 * What a consumer reports about the health of its shards, in its status and by hooks.
 *
 * @module
 */

/** A time in the past. */
export interface Moment {
  /** When it was, by the clock of the consumer. */
  at: Date;
  /** How long ago it was, in milliseconds. Not affected if the clock of the machine is set. */
  ageMs: number;
}

/** An error after which the consumer tried again: of one shard, or of the whole stream. */
export interface LastError extends Moment {
  /** The error. */
  error: unknown;
  /** The number of failures in a row, up to this one. */
  attempt: number;
}

/** The oldest value of a shard that was handed out and is not acknowledged. */
export interface OldestUnacknowledged {
  /** The sequence number of its record. */
  sequenceNumber: string;
  /** The index of the value inside its record; absent for the last value of a record. */
  subSequenceNumber?: number;
  /** For how long it has been the oldest, in milliseconds. Measured every 10 seconds. */
  ageMs: number;
}

/**
 * What a shard that this worker reads waits for.
 *
 * - `iterator`: a request for the position to start at, GetShardIterator or SubscribeToShard, is not
 *   answered
 * - `request`: a request for records is not answered; with `fanOut`, no event came for 9 seconds
 * - `records`: the answers say that the reader is behind, bring no records, and get no further
 * - `backoff`: the pause after an error
 * - `application`: values are ready and the application takes none, or they fill the buffer
 * - `acknowledgements`: too many values are not acknowledged, or the last ones of a closed shard
 * - `decode`: the promise of `processor.unpack` has not settled
 * - `poison`: the promise of `onPoison` has not settled
 */
export type ShardWait =
  | "iterator"
  | "request"
  | "records"
  | "backoff"
  | "application"
  | "acknowledgements"
  | "decode"
  | "poison";

/** The status of one shard. */
export interface ShardStatus {
  /** The stream, by name or ARN as given to the consumer. */
  stream: string;
  /** The shard. */
  shardId: string;
  /** The ids of its parents. */
  parentShardIds: readonly string[];
  /**
   * - `waiting`: its parents are not finished, or no worker has taken it yet, perhaps because all
   *   workers have reached `maxShards`
   * - `elsewhere`: another worker reads it
   * - `opening`: this worker has no iterator yet
   * - `reading`: this worker reads it
   * - `caught-up`: this worker has read it to its latest record
   * - `past-until`: this worker has read it to the time `until`, and reads no further
   * - `ended`: all its records are read, not all values are acknowledged
   * - `finished`: all its values are processed
   */
  state:
    | "waiting"
    | "elsewhere"
    | "opening"
    | "reading"
    | "caught-up"
    | "past-until"
    | "ended"
    | "finished";
  /** The worker that held its lease at the last look. */
  owner?: string;
  /**
   * When this worker first saw the counter of the lease as it is now. The holder moves the counter
   * every third of `failoverTimeMs`, and this worker looks every half of it. Only with a
   * checkpointer, and only for shards that this worker does not read.
   */
  leaseMoved?: Moment;
  /**
   * The records that are read, a second, as an average of about a minute. Of a shard that this
   * worker does not read: as its last holder has stored it. Absent until a holder has read the shard
   * for a minute. Workers share the shards by this and the next member.
   */
  recordsPerSecond?: number;
  /** The data that is read, in bytes a second, measured in the same way. */
  bytesPerSecond?: number;
  /** The last error of this shard. It may be over: compare its time with `lastRead`. */
  lastError?: LastError;
  /**
   * How far reading is behind the latest record, in milliseconds, as the server says. Values that
   * are read ahead are not processed yet: with a slow handler it is 0 until `prefetch` is full, and
   * `processingLagMs` grows. Only shards that this worker reads have this member and those below.
   */
  millisBehindLatest?: number;
  /**
   * How far processing is behind, in milliseconds: the age of the oldest value that was read and is
   * not acknowledged. The value is handed out, or still in the buffer. Its age is the time since its
   * record arrived, by the clock of the service, up to a second too low. 0 if all values that were
   * read are acknowledged: those that are not read yet count in `millisBehindLatest` alone. Without
   * a `checkpointer`, a value counts as acknowledged when it is handed out, unless `process` or
   * `processBatches` calls a handler. Absent before the first answer, and if the server does not
   * tell when the record arrived.
   */
  processingLagMs?: number;
  /** When the last answer arrived, with or without records. */
  lastRead?: Moment;
  /** When a value was last handed out or dropped. Measured every second. */
  lastHandedOut?: Moment;
  /** When a value was last acknowledged or dropped. Measured every second. */
  lastAcknowledged?: Moment;
  /** What it waits for. Absent if there is nothing to do now. */
  waitsFor?: ShardWait;
  /** For how long it has been waiting without progress, in milliseconds. Measured every second. */
  waitingMs?: number;
  /** The sequence number up to which all values are acknowledged, since reading started. */
  acknowledged?: string;
  /** Values that are handed out and not acknowledged, each with all later values of the shard. */
  unacknowledged?: number;
  /** The oldest of these values. No checkpoint behind it can be stored. */
  oldestUnacknowledged?: OldestUnacknowledged;
  /** Kinesis records in the buffer. */
  bufferedRecords?: number;
  /** Bytes of their data. */
  bufferedBytes?: number;
}

/** Hash keys that no worker reads, or that belong to two shards. */
export interface CoverageProblem {
  /**
   * - `unlisted`: ListShards names no open shard with these hash keys
   * - `overlap`: ListShards names two open shards with these hash keys
   * - `unread`: no worker reads the shard, although its parents are finished; or no worker can,
   *   because a parent is not listed
   */
  readonly what: "unlisted" | "overlap" | "unread";
  /** The lowest hash key of the range, in decimal. Absent if the server does not tell. */
  readonly startingHashKey?: string;
  /** The highest hash key of the range, in decimal. Absent if the server does not tell. */
  readonly endingHashKey?: string;
  /** The two shards that overlap, or the shard that is not read. */
  readonly shardIds: readonly string[];
  /** When it was first seen. */
  readonly since: Moment;
}

/** Whether all hash keys are read, at the last look. */
export interface Coverage {
  /** When shards and leases were last compared. Absent before the first time. */
  checked?: Moment;
  /** What has been wrong for 3 × `failoverTimeMs`. Empty if nothing is wrong. */
  problems: readonly CoverageProblem[];
}
