/**
 * The position of a reader in its shard, and the iterators that start there.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import type { KinesisApiRecord } from "../../client/mod.ts";
import { ResponseError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import type { ShardPosition } from "../../records.ts";
import { latestAsTime } from "../shards/latest_position.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import {
  iteratorAfter,
  iteratorOf,
  type IteratorStart,
  resume,
  type ResumePoint,
} from "./resume.ts";
import { serviceNow, serviceNowAtMost } from "./service_now.ts";

/**
 * Records that are younger do not expire: the least retention of the service is 24 hours, less 10
 * minutes for a request and its retries. In milliseconds.
 */
const SURELY_KEPT_MS = 86_400_000 - 600_000;

/** The records of an answer that were not read before. */
export interface UnreadRecords {
  /** The records. */
  readonly records: KinesisApiRecord[];
  /** Records between the position and the first of these expired, or may have. */
  readonly expired?: Omit<ExpiredEvent, "stream" | "shardId">;
}

/** The position after the last record that was read. */
export class ShardCursor {
  readonly #shardId: string;
  readonly #options: Pick<ConsumerSettings, "client" | "target" | "clock">;
  #position: ShardPosition;
  /** When the record at the position arrived. */
  #lastArrival: Date | undefined;
  /** Where the newest iterator started. Set until its first record has arrived. */
  #resumed: ResumePoint | undefined;
  /** The sequence number up to which everything was read, if it lies behind the position. */
  #passed: string | undefined;
  /** All records that arrived before this time were read. In milliseconds since the epoch. */
  #readUpTo: number | undefined;
  /** Records up to this age do not expire. In milliseconds. It grows when older records arrive. */
  #keptMs = SURELY_KEPT_MS;
  /**
   * When the first iterator was made, in milliseconds since the epoch. Compared with the arrival
   * of records, so it is the time of the service, rounded up.
   */
  #openedAt: number | undefined;

  /** Starts at a position. */
  constructor(
    shardId: string,
    position: ShardPosition,
    options: Pick<ConsumerSettings, "client" | "target" | "clock">,
  ) {
    this.#shardId = shardId;
    this.#position = position;
    this.#options = options;
  }

  /** Where the next iterator starts. */
  get position(): ShardPosition {
    return this.#position;
  }

  /** The time of the position, where it is known: an arrival, or the time to start at. */
  get time(): Date | undefined {
    const position = this.#position;
    return this.#lastArrival ??
      (position.type === "AT_TIMESTAMP" ? position.timestamp : undefined);
  }

  /** Whether an iterator was made: the records that are written after that will be read. */
  get hasIterator(): boolean {
    return this.#openedAt !== undefined;
  }

  /**
   * Whether records after the position may have expired before they were read. The service then
   * moves the iterator past them and does not say so; a new iterator shows whether that happened.
   * Example: with the least retention of 24 hours, records may have expired once a reader is 24
   * hours behind. After a record with an age of 30 hours has arrived, the limit is 30 hours.
   */
  get mayHaveExpired(): boolean {
    return this.#position.type === "SEQUENCE" &&
      this.#resumed === undefined && this.#readUpTo !== undefined &&
      serviceNow(this.#options) - this.#readUpTo > this.#keptMs;
  }

  /**
   * The sequence number to go on behind, unless records behind it may have expired: the position
   * shows whether they have.
   */
  get #freshPassed(): string | undefined {
    return this.#readUpTo !== undefined &&
        serviceNow(this.#options) - this.#readUpTo <= this.#keptMs
      ? this.#passed
      : undefined;
  }

  /** Whether the next answer may begin with the record at the position. */
  get isResuming(): boolean {
    return this.#resumed !== undefined;
  }

  /** Makes an iterator that starts at the position. */
  makeIterator(signal: AbortSignal): Promise<string> {
    const { client, target } = this.#options;
    return this.open(async (start) => {
      const call = client.getShardIterator({
        ...target,
        ShardId: this.#shardId,
        ...start,
      }, { signal });
      // A client of the user may not heed the signal.
      const { ShardIterator } = await raceAbort(call, signal);
      if (ShardIterator) return ShardIterator;
      throw damagedAnswer(this.#shardId, "GetShardIterator");
    });
  }

  /**
   * Begins to read at the position: calls `begin`, which makes an iterator or a subscription that
   * starts there. Resolves with the result of `begin`.
   */
  async open<R>(begin: (start: IteratorStart) => Promise<R>): Promise<R> {
    const { clock } = this.#options;
    const startedAt = monotonicNow(clock);
    const position = this.#position;
    const passed = this.#freshPassed;
    const result = await begin(
      passed === undefined ? iteratorOf(position) : iteratorAfter(passed),
    );
    const isAtRecord = position.type === "SEQUENCE" ||
      position.type === "AT_SEQUENCE_NUMBER";
    this.#resumed = isAtRecord && passed === undefined
      ? { after: position, at: serviceNow(this.#options) }
      : undefined;
    if (position.type === "LATEST") {
      // Another iterator at LATEST would leave out the records that were written in between.
      this.#position = latestAsTime(serviceNow(this.#options));
    }
    const roundTripMs = monotonicNow(clock) - startedAt;
    this.#openedAt ??= serviceNowAtMost(this.#options, roundTripMs);
    return result;
  }

  /**
   * Removes the record at the position, which was read before. The first answer of an iterator
   * begins with it, unless it has expired.
   */
  unread(records: KinesisApiRecord[]): UnreadRecords {
    if (!this.#resumed) return { records };
    const { after } = this.#resumed;
    const { oldest, records: unread } = resume(this.#resumed, records);
    if (!oldest) return { records: unread };
    return {
      records: unread,
      expired: {
        what: "records",
        after,
        afterTime: this.#lastArrival,
        before: oldest.SequenceNumber,
        beforeTime: oldest.ApproximateArrivalTimestamp,
      },
    };
  }

  /** Notes that the first records of the newest iterator have arrived. */
  confirm(): void {
    this.#resumed = undefined;
  }

  /** Notes the age of the oldest record of an answer. */
  noteAge(oldest: KinesisApiRecord): void {
    const arrival = oldest.ApproximateArrivalTimestamp?.getTime();
    if (arrival === undefined) return;
    const ageMs = serviceNow(this.#options) - arrival;
    this.#keptMs = Math.max(this.#keptMs, ageMs);
  }

  /**
   * Notes the lag that an answer states: all older records were read. `at` is when it was stated,
   * by the clock of the service, in milliseconds since the epoch.
   * @default {now}
   */
  noteLag(
    millisBehindLatest: number,
    at: number = serviceNow(this.#options),
  ): void {
    this.#readUpTo = Math.max(this.#readUpTo ?? 0, at - millisBehindLatest);
  }

  /** Moves behind a record. */
  moveBehind(record: KinesisApiRecord): void {
    this.#position = {
      type: "SEQUENCE",
      sequenceNumber: record.SequenceNumber,
    };
    this.#lastArrival = record.ApproximateArrivalTimestamp;
    this.#readUpTo = this.#lastArrival?.getTime();
    this.#passed = undefined;
  }

  /**
   * Notes that everything up to a sequence number was read. No record need have that number: the
   * service moves it on in a shard without records, too.
   */
  moveTo(sequenceNumber: string): void {
    this.#passed = sequenceNumber;
  }

  /** Forgets the number of {@linkcode ShardCursor.moveTo}. Returns whether there was one. */
  forgetPassed(): boolean {
    const had = this.#passed !== undefined;
    this.#passed = undefined;
    return had;
  }

  /** Moves to the oldest record of the shard. */
  moveToOldest(): void {
    this.#passed = undefined;
    this.#position = { type: "TRIM_HORIZON" };
  }

  /** Whether a record arrived after the first iterator was made. */
  isNew({ ApproximateArrivalTimestamp: time }: KinesisApiRecord): boolean {
    return time !== undefined && time.getTime() >= (this.#openedAt ?? 0);
  }
}

/** The error of an answer that lacks a required member. */
export function damagedAnswer(shardId: string, action: string): ResponseError {
  return new ResponseError(
    `Cannot read ${shardId}: the answer of ${action} is not complete`,
    { status: 200 },
  );
}
