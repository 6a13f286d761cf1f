/**
 * Reading one shard by polling, a bounded distance ahead of the application.
 *
 * @module
 */
import { delay, monotonicNow } from "../_core/clock.ts";
import { Deque } from "../_core/deque.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { notify } from "../_core/notify.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { GetRecordsResponse, KinesisApiRecord } from "../client/mod.ts";
import { KinesisError, ResponseError, ServiceError } from "../errors.ts";
import type { ExpiredEvent } from "../hooks.ts";
import type { ShardPosition } from "../records.ts";
import type { Existence } from "./census.ts";
import { latestAsTime } from "./latest_position.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import type { ReadAhead, ReaderShare, Size } from "./read_ahead.ts";
import { remedyFor } from "./refusal.ts";
import {
  iteratorOf,
  resume,
  type Resumed,
  type ResumePoint,
} from "./resume.ts";
import { serviceNow, serviceNowAtMost } from "./service_now.ts";

const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** What an answer at the tip is expected to hold at least: little, so that hundreds of idle shards fit side by side. */
const IDLE: Size = { records: 200, bytes: 64 * 1024 };
/** While behind, an answer holds whatever it may. */
const UNBOUNDED: Size = { records: Infinity, bytes: Infinity };

/** The state of a reader. */
export type ReaderState = "opening" | "reading" | "caught-up" | "ended";

/** Told by a reader. */
export interface ReaderEvents {
  /** An iterator exists: what is written from now on will be read. */
  opened(): void;
  /** There is something to take, or the state has changed. */
  changed(): void;
  /** Records have expired that were not read. */
  expired(facts: Omit<ExpiredEvent, "stream" | "shardId">): void;
  /** What has become of the shard, when the service refuses what worked before. */
  existence(): Promise<Existence>;
  /** Whether the application takes the next record of this shard as soon as it asks: nothing of the shard is in its way. */
  isNext(): boolean;
}

/** Polls one shard; what it read waits in it until it is taken. */
export class ShardReader {
  readonly shardId: string;
  readonly #options: ConsumerSettings;
  readonly #share: ReaderShare;
  readonly #events: ReaderEvents;
  readonly #buffer = new Deque<KinesisApiRecord>();
  /** What the next answer is expected to hold at most. */
  #expected: Size;
  #position: ShardPosition;
  #state: ReaderState = "opening";
  #hasSeenTip = false;
  #millisBehindLatest: number | undefined;
  #childShardIds: readonly string[] = [];
  /** By the clock of the service, and not before: compared with the arrival of records. */
  #openedAt = 0;
  #lastArrival: Date | undefined;
  #resumed: ResumePoint | undefined;
  #hasExpired = false;
  #nextReadAt = 0;
  readonly #failures: FailureStreak;
  #expiries = 0;

  /** Makes a reader that starts at a position. */
  constructor(
    shardId: string,
    position: ShardPosition,
    options: ConsumerSettings,
    readAhead: ReadAhead,
    events: ReaderEvents,
  ) {
    this.shardId = shardId;
    this.#position = position;
    this.#options = options;
    this.#share = readAhead.join(events.isNext);
    this.#events = events;
    this.#failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures: options.maxFailuresInARow,
      random: options.random,
    });
    this.#expected = position.type === "LATEST" ? IDLE : UNBOUNDED;
  }

  /** Where it stands. */
  get state(): ReaderState {
    return this.#state;
  }

  /** Whether it has been at the tip of the shard once, and not at its end since. */
  get hasSeenTip(): boolean {
    return this.#hasSeenTip && this.#state !== "ended";
  }

  /** Whether the shard has expired before it was read to its end. */
  get hasExpired(): boolean {
    return this.#hasExpired;
  }

  /** How far the last answer was behind the tip, in milliseconds. */
  get millisBehindLatest(): number | undefined {
    return this.#millisBehindLatest;
  }

  /** The children that the last answer of a closed shard named; none if the server does not tell. */
  get childShardIds(): readonly string[] {
    return this.#childShardIds;
  }

  /** Records that wait. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Bytes that wait. */
  get bufferedBytes(): number {
    return this.#share.held.bytes;
  }

  /** Takes the next record. */
  shift(): KinesisApiRecord | undefined {
    const record = this.#buffer.shift();
    if (record) this.#share.free(record.Data.length);
    return record;
  }

  /** What {@linkcode ReaderEvents.isNext} tells has become true. */
  wake(): void {
    this.#share.check();
  }

  /** Forgets what waits, and leaves its room to the others. For a reader that does not run any more. */
  clear(): void {
    this.#share.leave();
    while (this.#buffer.shift());
  }

  /** Reads until the end of the shard. Rejects when it cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    let iterator: string | undefined;
    while (this.#state !== "ended") {
      try {
        iterator ??= await this.#open(signal);
        iterator = await this.#read(iterator, signal);
        this.#failures.end();
        this.#expiries = 0;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (hasCode(error, "ExpiredIteratorException")) {
          // Only the iterator is too old: the position behind the last record is still known.
          iterator = undefined;
          if (this.#expiries++ > 0) await this.#retry(error, signal);
        } else if (hasCode(error, "ResourceNotFoundException")) {
          await this.#checkExistence(error, signal);
        } else if (hasCode(error, "InvalidArgumentException")) {
          await this.#recover(error, iterator !== undefined, signal);
          iterator = undefined;
        } else {
          const mayHelp = error instanceof KinesisError && error.retryable;
          if (!mayHelp) throw error;
          await this.#retry(error, signal);
        }
      }
    }
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { client, target, clock } = this.#options;
    const startedAt = monotonicNow(clock);
    const { ShardIterator } = await client.getShardIterator({
      ...target,
      ShardId: this.shardId,
      ...iteratorOf(this.#position),
    }, { signal });
    if (!ShardIterator) throw this.#damaged("GetShardIterator");
    const position = this.#position;
    this.#resumed = position.type === "SEQUENCE"
      ? { after: position, at: serviceNow(this.#options) }
      : undefined;
    if (position.type === "LATEST") {
      // The tip of a later iterator would not be this one.
      this.#position = latestAsTime(serviceNow(this.#options));
    }
    if (this.#state === "opening") {
      const roundTripMs = monotonicNow(clock) - startedAt;
      this.#openedAt = serviceNowAtMost(this.#options, roundTripMs);
      this.#state = "reading";
      this.#events.opened();
    }
    return ShardIterator;
  }

  /** Reads once. Resolves with the next iterator, if there is one. */
  async #read(
    iterator: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { client, target, clock } = this.#options;
    // Before anything is reserved: a shard that has time must not hold room that another one needs now.
    const wait = this.#nextReadAt - monotonicNow(clock);
    if (wait > 0) await delay(wait, { clock, signal });
    const reserved = await this.#share.reserve(this.#expected, signal);
    const startedAt = monotonicNow(clock);
    let answer: GetRecordsResponse;
    try {
      answer = await client.getRecords({
        ShardIterator: iterator,
        Limit: reserved.records,
        // The stream may be in another account than the credentials, which an iterator does not say.
        ...("StreamARN" in target ? target : undefined),
      }, { signal });
      // Taken for an answer, one without records would be the end of the shard.
      if (!Array.isArray(answer.Records)) throw this.#damaged("GetRecords");
    } catch (error) {
      this.#share.giveUp(reserved);
      throw error;
    }
    const { records, oldest } = this.#afterResume(answer.Records);
    const kept = this.#share.keep(reserved, records);
    const isFull = answer.Records.length >= reserved.records;
    // Nothing fitted: the same answer comes again, and with it what it says about expired records.
    const comesAgain = kept.length === 0 && records.length > 0;
    if (answer.Records.length > 0 && !comesAgain) {
      if (oldest) this.#tellExpired(oldest);
      this.#resumed = undefined;
    }
    this.#take({ ...answer, Records: records }, kept, isFull, startedAt);
    if (comesAgain) return iterator;
    // The rest is read again from behind the last record that was kept.
    return kept.length === records.length
      ? answer.NextShardIterator
      : undefined;
  }

  #afterResume(records: KinesisApiRecord[]): Resumed {
    return this.#resumed ? resume(this.#resumed, records) : { records };
  }

  #tellExpired(oldest: KinesisApiRecord): void {
    this.#events.expired({
      what: "records",
      after: this.#resumed!.after,
      afterTime: this.#lastArrival,
      before: oldest.SequenceNumber,
      beforeTime: oldest.ApproximateArrivalTimestamp,
    });
  }

  #take(
    answer: GetRecordsResponse,
    kept: readonly KinesisApiRecord[],
    isFull: boolean,
    startedAt: number,
  ): void {
    const { Records, MillisBehindLatest, NextShardIterator } = answer;
    const isCut = kept.length < Records.length;
    const arrived = sizeOf(kept);
    const { stream, hooks, readsPerSecond, pollIntervalMs, until } =
      this.#options;
    for (const record of kept) this.#buffer.push(record);
    const last = kept.at(-1);
    if (last) {
      this.#position = {
        type: "SEQUENCE",
        sequenceNumber: last.SequenceNumber,
      };
      this.#lastArrival = last.ApproximateArrivalTimestamp;
    }
    const isBehind = isFull || isCut || !!MillisBehindLatest;
    this.#millisBehindLatest = MillisBehindLatest;
    this.#childShardIds = answer.ChildShards?.map((it) => it.ShardId) ?? [];
    if (!NextShardIterator && !isCut) this.#state = "ended";
    else if (isBehind) this.#state = "reading";
    else if (!last || this.#isNew(last)) {
      this.#state = "caught-up";
      this.#hasSeenTip = true;
    }

    const soon = 1000 / readsPerSecond;
    const pause = isBehind || until && last
      ? soon
      : Math.max(soon, pollIntervalMs);
    this.#nextReadAt = startedAt + pause;
    this.#expected = isBehind ? UNBOUNDED : {
      records: Math.max(IDLE.records, 2 * arrived.records),
      bytes: Math.max(IDLE.bytes, 2 * arrived.bytes),
    };
    notify(hooks, "onRead", {
      stream,
      shardId: this.shardId,
      ...arrived,
      millisBehindLatest: MillisBehindLatest,
    });
    this.#events.changed();
  }

  // A shard that is written to all the time never gives an empty answer: its tip is where it was when reading began.
  #isNew({ ApproximateArrivalTimestamp: time }: KinesisApiRecord): boolean {
    return time !== undefined && time.getTime() >= this.#openedAt;
  }

  // The records of a shard expire, and later the shard itself does: there is nothing left to read then.
  async #checkExistence(cause: unknown, signal: AbortSignal): Promise<void> {
    // Rejects when it is the stream that is gone.
    const existence = await this.#existence(signal);
    if (existence === "replaced") return await aborted(signal);
    if (existence === "listed") return await this.#retry(cause, signal);
    if (!existence) return;
    this.#report(cause, 0);
    const after = this.#position;
    const afterTime = this.#lastArrival ??
      (after.type === "AT_TIMESTAMP" ? after.timestamp : undefined);
    this.#hasExpired = true;
    this.#events.expired({ what: "shard", after, afterTime });
    this.#state = "ended";
    this.#events.changed();
  }

  /** Resolves with nothing, after a pause, when that could not be found out. */
  async #existence(signal: AbortSignal): Promise<Existence | undefined> {
    try {
      return await this.#events.existence();
    } catch (error) {
      const mayHelp = error instanceof KinesisError && error.retryable ||
        hasCode(error, "ResourceInUseException"); // it is being created
      if (!mayHelp) throw error;
      await this.#retry(error, signal);
      return undefined;
    }
  }

  // Iterators and sequence numbers of a stream that was deleted are refused for ever, times that
  // are to come until then.
  async #recover(
    cause: unknown,
    wasOpen: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const existence = await this.#existence(signal);
    if (existence === "replaced") return await aborted(signal);
    if (!existence) return;
    if (wasOpen) return await this.#retry(cause, signal);
    const remedy = remedyFor({
      cause,
      shardId: this.shardId,
      position: this.#position,
      from: this.#options.from,
      serviceNow: this.#options.client.serviceNow?.(),
    });
    if (remedy.type === "fail") throw remedy.error;
    if (remedy.type === "again") return await this.#retry(cause, signal);
    const ms = remedy.type === "wait" ? remedy.ms : 0;
    this.#report(cause, ms);
    if (remedy.type === "oldest") this.#position = { type: "TRIM_HORIZON" };
    await delay(ms, { clock: this.#options.clock, signal });
  }

  async #retry(cause: unknown, signal: AbortSignal): Promise<void> {
    const retryDelayMs = this.#failures.pauseAfter(cause);
    this.#report(cause, retryDelayMs);
    await delay(retryDelayMs, { clock: this.#options.clock, signal });
  }

  #report(error: unknown, retryDelayMs: number): void {
    const { hooks, stream } = this.#options;
    const { shardId } = this;
    const attempt = Math.max(1, this.#failures.length);
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt,
      retryDelayMs,
    });
  }

  #damaged(action: string): ResponseError {
    return new ResponseError(
      `Cannot read ${this.shardId}: the answer of ${action} is not complete`,
      { status: 200 },
    );
  }
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return raceAbort(new Promise<never>(() => {}), signal);
}

function sizeOf(records: readonly KinesisApiRecord[]): Size {
  let bytes = 0;
  for (const { Data } of records) bytes += Data.length;
  return { records: records.length, bytes };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof ServiceError && error.code === code;
}
