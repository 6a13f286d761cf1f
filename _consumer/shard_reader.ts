/**
 * Reads one shard by polling, a bounded distance ahead of the application.
 *
 * @module
 */
import { MAX_READ_RECORDS } from "../_aws/limits.ts";
import type { Admission } from "../_core/admission.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { Deque } from "../_core/deque.ts";
import { notify } from "../_core/notify.ts";
import { onAbort } from "../_core/on_abort.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { GetRecordsResponse, KinesisApiRecord } from "../client/mod.ts";
import type { ExpiredEvent } from "../hooks.ts";
import type { ShardPosition } from "../records.ts";
import type { Existence } from "./census.ts";
import { tellExpired } from "./expired_records.ts";
import type { ShardPace } from "./poll_pace.ts";
import type { ReaderShare, Size } from "./reader_share.ts";
import { type NextStep, ReadRecovery, untilAborted } from "./read_recovery.ts";
import { ReaderVitals } from "./reader_vitals.ts";
import { isSettled, recordsBefore, settledAfterMs } from "./reading_end.ts";
import type { ReaderState, RecordReader } from "./record_reader.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import { serviceNow } from "./service_now.ts";
import { damagedAnswer, ShardCursor } from "./shard_cursor.ts";
import type { SkippedRecords } from "./skipped_records.ts";

/**
 * The size that is reserved for an answer at the latest record, if the last answer was smaller.
 * Small, so that hundreds of quiet shards can be read at the same time.
 */
const AT_LATEST: Size = { records: 200, bytes: 64 * 1024 };
/** While the reader is behind, an answer may have any size. */
const UNBOUNDED: Size = { records: Infinity, bytes: Infinity };

/** What a {@linkcode ShardReader} works with. */
export interface ReaderParts {
  /** The shard. */
  readonly shardId: string;
  /** Where reading starts. */
  readonly position: ShardPosition;
  /** The options of the consumer. */
  readonly options: ConsumerSettings;
  /** The reader's part of what all readers may buffer. */
  readonly share: ReaderShare;
  /** The reader's part of the pace of all readers. */
  readonly pace: ShardPace;
  /** Bounds how many iterators are made at once. */
  readonly openings: Admission;
  /** Collects records that expired. */
  readonly skipped: SkippedRecords;
  /** Finds out what happened to the shard after the service refused a request. */
  readonly existence: () => Promise<Existence>;
  /** Called when records have arrived or the state has changed. */
  readonly onChange: () => void;
}

/** What is known about an answer besides its records. */
interface AnswerFacts {
  /** The records that are kept. */
  readonly kept: readonly KinesisApiRecord[];
  /** Whether the answer has as many records as were asked for. */
  readonly isFull: boolean;
  /** Whether a record of the answer arrived at `until` or later. */
  readonly isPastUntil: boolean;
  /** When the request was sent, in milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** The same by the clock of the service, in milliseconds since the epoch, rounded down. */
  readonly askedAt: number;
}

/** Polls one shard and buffers its records. */
export class ShardReader implements RecordReader {
  readonly #parts: ReaderParts;
  readonly #options: ConsumerSettings;
  readonly #cursor: ShardCursor;
  readonly #buffer = new Deque<KinesisApiRecord>();
  readonly #recovery: ReadRecovery;
  readonly vitals: ReaderVitals;
  /** Aborts what is under way: when reading ends, or when it must start anew. */
  #attempt = new AbortController();
  /** The largest size that is expected of the next answer. */
  #expected: Size;
  #state: ReaderState = "opening";
  #hasCaughtUp = false;
  #millisBehindLatest: number | undefined;
  #childShardIds: readonly string[] = [];
  #hasExpired = false;
  #nextReadAt = 0;

  /** Nothing is read before {@linkcode ShardReader.run}. */
  constructor(parts: ReaderParts) {
    const { shardId, position, options, existence } = parts;
    this.#parts = parts;
    this.#options = options;
    const cursor = new ShardCursor(shardId, position, options);
    this.#cursor = cursor;
    this.vitals = new ReaderVitals(options.clock);
    this.#recovery = new ReadRecovery({
      shardId,
      options,
      cursor,
      existence,
      vitals: this.vitals,
    });
    this.#expected = position.type === "LATEST" ? AT_LATEST : UNBOUNDED;
  }

  /** The state. */
  get state(): ReaderState {
    return this.#state;
  }

  /** Whether an iterator was made: the records that are written after that will be read. */
  get hasIterator(): boolean {
    return this.#cursor.hasIterator;
  }

  /** Whether the reader was at the latest record once and the shard has not ended since. */
  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp && this.#state !== "ended";
  }

  /** Whether the shard expired before it was read to its end. */
  get hasExpired(): boolean {
    return this.#hasExpired;
  }

  /** The lag that the last answer stated, in milliseconds. */
  get millisBehindLatest(): number | undefined {
    return this.#millisBehindLatest;
  }

  /** The children that the last answer of a closed shard named. Empty if the server names none. */
  get childShardIds(): readonly string[] {
    return this.#childShardIds;
  }

  /** Records in the buffer. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Bytes in the buffer. */
  get bufferedBytes(): number {
    return this.#parts.share.held.bytes;
  }

  /** Removes the next record from the buffer. */
  shift(): KinesisApiRecord | undefined {
    const record = this.#buffer.shift();
    if (record) this.#parts.share.free(record.Data.length);
    return record;
  }

  peek(index: number): KinesisApiRecord | undefined {
    return this.#buffer.peek(index);
  }

  /** Drops the buffer and gives its room to the other readers. Call it after `run` has ended. */
  clear(): void {
    this.#parts.share.leave();
    this.#parts.pace.wake();
    while (this.#buffer.shift());
  }

  /** Whether there is nothing more to read. */
  get #isOver(): boolean {
    return this.#state === "ended" || this.#state === "past-until";
  }

  /** Reads to the end of the shard, or to `until`. Rejects if the reader cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    const end = () => this.#attempt.abort(signal.reason);
    const stopListening = onAbort(signal, end);
    try {
      await this.#readAll(signal);
    } finally {
      stopListening();
    }
  }

  restart(reason: unknown): void {
    this.#attempt.abort(reason);
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    let iterator: string | undefined;
    while (!this.#isOver) {
      try {
        const attempt = this.#attempt.signal;
        iterator ??= await this.#makeIterator(attempt);
        iterator = await this.#read(iterator, attempt);
        this.#recovery.noteSuccess();
      } catch (error) {
        const next = await this.#recover(error, !!iterator, signal);
        if (next === "new-iterator") iterator = undefined;
        if (next === "end") this.#expire();
      }
    }
  }

  /** Resolves with the next step after an error or a restart. Rejects if reading must end. */
  async #recover(
    error: unknown,
    hadIterator: boolean,
    signal: AbortSignal,
  ): Promise<NextStep> {
    let cause = error;
    for (;;) {
      if (signal.aborted) throw signal.reason;
      const isRestart = this.#attempt.signal.aborted;
      if (isRestart) this.#attempt = new AbortController();
      const attempt = this.#attempt.signal;
      try {
        return isRestart
          ? await this.#recovery.afterRestart(cause, attempt)
          : await this.#recovery.after(cause, hadIterator, attempt);
      } catch (failure) {
        if (!attempt.aborted) throw failure;
        cause = failure;
      }
    }
  }

  async #makeIterator(signal: AbortSignal): Promise<string> {
    // Waiting for its turn is no stall: a turn is over after a second.
    this.vitals.enter("pause");
    const iterator = await this.#parts.openings.run(async () => {
      signal.throwIfAborted();
      this.vitals.enter("iterator");
      return await this.#cursor.makeIterator(signal);
    });
    if (this.#state === "opening") {
      this.#state = "reading";
      this.#parts.onChange();
    }
    return iterator;
  }

  /** Reads once. Resolves with the next iterator, or with nothing if a new one must be made. */
  async #read(
    iterator: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { clock } = this.#options;
    const { share } = this.#parts;
    // Waits first and reserves later, because reserved room is taken from the other shards.
    const pauseMs = this.#nextReadAt - monotonicNow(clock);
    this.vitals.enter("pause");
    if (pauseMs > 0) await delay(pauseMs, { clock, signal });
    this.vitals.enter("room");
    const reserved = await share.reserve(this.#expected, signal);
    if (this.#cursor.mayHaveExpired) {
      share.giveUp(reserved);
      return undefined;
    }
    // One more than fits: the first answer begins with the record at the position, which is
    // removed.
    const limit = Math.min(
      reserved.records + (this.#cursor.isResuming ? 1 : 0),
      MAX_READ_RECORDS,
    );
    const startedAt = monotonicNow(clock);
    const askedAt = serviceNow(this.#options);
    let answer: GetRecordsResponse;
    try {
      answer = await this.#getRecords(iterator, limit, signal);
    } catch (error) {
      share.giveUp(reserved);
      throw error;
    }
    const { records: unread, expired } = this.#cursor.unread(answer.Records);
    const records = this.#beforeUntil(unread);
    const isPastUntil = records.length < unread.length;
    const kept = share.keep(reserved, records);
    const isFull = answer.Records.length >= limit;
    if (answer.Records[0]) this.#cursor.noteAge(answer.Records[0]);
    // If no record fitted, the same records arrive again and show the same gap.
    const comesAgain = kept.length === 0 && records.length > 0;
    if (answer.Records.length > 0 && !comesAgain) {
      if (expired) this.#tellExpired(expired);
      this.#cursor.confirm();
    }
    const facts = { kept, isFull, isPastUntil, startedAt, askedAt };
    this.#take({ ...answer, Records: records }, facts);
    if (comesAgain) return iterator;
    // Records that did not fit are read again, with a new iterator behind the last kept record.
    return kept.length === records.length
      ? answer.NextShardIterator
      : undefined;
  }

  #beforeUntil(records: KinesisApiRecord[]): KinesisApiRecord[] {
    const { until } = this.#options;
    return until instanceof Date
      ? recordsBefore(until, records, this.#parts.shardId)
      : records;
  }

  async #getRecords(
    iterator: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<GetRecordsResponse> {
    const { client, target } = this.#options;
    this.vitals.enter("request");
    const call = client.getRecords({
      ShardIterator: iterator,
      Limit: limit,
      // For a stream of another account, the service needs the ARN besides the iterator.
      ...("StreamARN" in target ? target : undefined),
    }, { signal });
    // A client of the user may not heed the signal.
    const answer = await raceAbort(call, signal);
    if (!isWhole(answer) || !await this.#mayEnd(answer, signal)) {
      throw damagedAnswer(this.#parts.shardId, "GetRecords");
    }
    return answer;
  }

  /**
   * Whether an answer without a next iterator may be the last one. A damaged answer has none
   * either, so the answer has to name children, or the list of shards has to show that the shard is
   * closed.
   */
  async #mayEnd(
    { NextShardIterator, ChildShards }: GetRecordsResponse,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (NextShardIterator || ChildShards && ChildShards.length > 0) return true;
    const existence = await raceAbort(this.#parts.existence(), signal);
    // The stream was created again. The lease of this reader is replaced soon, which aborts it.
    if (existence === "replaced") return await untilAborted(signal);
    return existence !== "open";
  }

  /**
   * Takes in an answer: buffers the kept records, and decides about the state and the next read.
   */
  #take(
    answer: GetRecordsResponse,
    { kept, isFull, isPastUntil, startedAt, askedAt }: AnswerFacts,
  ): void {
    const { Records, MillisBehindLatest, NextShardIterator } = answer;
    const { stream, hooks, until } = this.#options;
    const { shardId, onChange } = this.#parts;
    const isCut = kept.length < Records.length;
    for (const record of kept) this.#buffer.push(record);
    const last = kept.at(-1);
    if (last) this.#cursor.moveBehind(last);
    if (!isCut && typeof MillisBehindLatest === "number") {
      this.#cursor.noteLag(MillisBehindLatest);
    }

    const isBehind = isFull || isCut || !!MillisBehindLatest;
    this.#millisBehindLatest = MillisBehindLatest;
    this.#childShardIds = answer.ChildShards?.map((it) => it.ShardId) ?? [];
    if (isPastUntil && !isCut) this.#state = "past-until";
    else if (!NextShardIterator && !isCut) this.#state = "ended";
    else if (isBehind) this.#state = "reading";
    else if (until instanceof Date && isSettled(until, askedAt)) {
      this.#state = "past-until";
    } else if (!last || this.#cursor.isNew(last)) {
      // A shard that is written to all the time never gives an empty answer. Its reader has caught
      // up at the first record that arrived after reading began.
      this.#state = "caught-up";
      this.#hasCaughtUp = true;
    }

    this.vitals.answered({
      records: kept.length,
      // Of records that did not fit, the rest is behind by an unknown time.
      millisBehindLatest: isCut ? Infinity : MillisBehindLatest,
    });
    const arrived = sizeOf(kept);
    this.#nextReadAt = startedAt + this.#pauseAfter(isBehind, arrived, askedAt);
    this.#expected = isBehind ? UNBOUNDED : {
      records: Math.max(AT_LATEST.records, 2 * arrived.records),
      bytes: Math.max(AT_LATEST.bytes, 2 * arrived.bytes),
    };
    notify(hooks, "onRead", {
      stream,
      shardId,
      ...arrived,
      millisBehindLatest: MillisBehindLatest,
    });
    onChange();
  }

  /** The time from one request to the next, in milliseconds. */
  #pauseAfter(
    isBehind: boolean,
    { records }: Size,
    askedAt: number,
  ): number {
    const { readsPerSecond, until } = this.#options;
    const { pace } = this.#parts;
    const shortest = 1000 / readsPerSecond;
    // Another answer has to show that nothing came after these records.
    if (isBehind || until === "caught-up" && records > 0) {
      pace.wake();
      return shortest;
    }
    const intervalMs = pace.intervalAfter(records);
    const most = until instanceof Date
      ? settledAfterMs(until, askedAt)
      : Infinity;
    return Math.max(shortest, Math.min(intervalMs, most));
  }

  /** Ends because the shard has expired. */
  #expire(): void {
    const { position, time } = this.#cursor;
    this.#hasExpired = true;
    this.#tellExpired({
      what: "shard",
      after: position,
      afterTime: time,
      beforeTime: new Date(serviceNow(this.#options)),
    });
    this.#state = "ended";
    this.#parts.onChange();
  }

  #tellExpired(facts: Omit<ExpiredEvent, "stream" | "shardId">): void {
    const { shardId, skipped } = this.#parts;
    tellExpired({ shardId, ...facts }, skipped, this.#options);
  }
}

/** Whether an answer has a list of records, and each record has all required members. */
function isWhole({ Records }: GetRecordsResponse): boolean {
  return Array.isArray(Records) &&
    Records.every((record) =>
      ArrayBuffer.isView(record?.Data) && !!record.SequenceNumber
    );
}

function sizeOf(records: readonly KinesisApiRecord[]): Size {
  let bytes = 0;
  for (const { Data } of records) bytes += Data.length;
  return { records: records.length, bytes };
}
