/**
 * Reads one shard by polling, a bounded distance ahead of the application.
 *
 * @module
 */
import { MAX_READ_RECORDS } from "../../_aws/limits.ts";
import type { Admission } from "../../_core/admission.ts";
import { batchFormOf } from "../../_core/batch_form.ts";
import { delay, monotonicNow } from "../../_core/clock.ts";
import { hears } from "../../_core/notify.ts";
import { onAbort } from "../../_core/on_abort.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import type { GetRecordsResponse, KinesisApiRecord } from "../../client/mod.ts";
import type { Existence } from "../shards/shard_directory.ts";
import type { HeldLease } from "../leases/held_lease.ts";
import type { ShardPace } from "./poll_pace.ts";
import { areWhole, mayEnd } from "./read_answer.ts";
import { type NextStep, ReadRecovery } from "./read_recovery.ts";
import { PollPlan } from "./poll_plan.ts";
import type { ReaderShare } from "./reader_share.ts";
import type { ReaderVitals } from "./reader_vitals.ts";
import type { RecordReader } from "./record_reader.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { serviceNow } from "./service_now.ts";
import { damagedAnswer, type ShardCursor } from "./shard_cursor.ts";
import { type ShardIntake, sizeOf } from "./shard_intake.ts";

/** What a {@linkcode ShardReader} works with. */
export interface ReaderParts {
  /** The shard. */
  readonly shardId: string;
  /** The options of the consumer. */
  readonly options: ConsumerSettings;
  /** The lease of the shard. */
  readonly lease: Pick<HeldLease, "confirmedAt" | "renew">;
  /** Where the records go. */
  readonly intake: ShardIntake;
  /** The reader's part of what all readers may buffer. */
  readonly share: ReaderShare;
  /** The reader's part of the pace of all readers. */
  readonly pace: ShardPace;
  /** Bounds how many iterators are made, or subscriptions started, at once. */
  readonly openings: Admission;
  /** Finds out what happened to the shard after the service refused a request. */
  readonly existence: () => Promise<Existence>;
}

/** What is known about an answer of GetRecords besides its records. */
interface PollFacts {
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
  /** The time to the decoded answer, in milliseconds. Only if the hook `onRead` asks for it. */
  readonly durationMs: number | undefined;
}

/** Polls one shard. */
export class ShardReader implements RecordReader {
  readonly #parts: ReaderParts;
  readonly #options: ConsumerSettings;
  readonly #intake: ShardIntake;
  readonly #cursor: ShardCursor;
  readonly #vitals: ReaderVitals;
  readonly #recovery: ReadRecovery;
  readonly #plan: PollPlan;
  /** Aborts what is under way: when reading ends, or when it must start anew. */
  #attempt = new AbortController();

  /** Nothing is read before {@linkcode ShardReader.run}. */
  constructor(parts: ReaderParts) {
    const { options, intake } = parts;
    const { cursor, vitals } = intake;
    this.#parts = parts;
    this.#options = options;
    this.#intake = intake;
    this.#cursor = cursor;
    this.#vitals = vitals;
    this.#recovery = new ReadRecovery({ ...parts, cursor, vitals });
    this.#plan = new PollPlan({
      options,
      pace: parts.pace,
      isAtLatest: cursor.position.type === "LATEST",
    });
  }

  /** Reads to the end of the shard, or to `until`. Rejects if the reader cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    const end = () => this.#attempt.abort(signal.reason);
    const stopListening = onAbort(signal, end);
    try {
      await this.#readAll(signal);
    } finally {
      stopListening();
      this.#plan.end();
    }
  }

  restart(reason: unknown): void {
    this.#attempt.abort(reason);
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    let iterator: string | undefined;
    while (!this.#intake.isOver) {
      try {
        const attempt = this.#attempt.signal;
        iterator ??= await this.#makeIterator(attempt);
        iterator = await this.#read(iterator, attempt);
        this.#recovery.noteSuccess();
      } catch (error) {
        const next = await this.#recover(error, !!iterator, signal);
        if (next === "new-iterator") iterator = undefined;
        if (next === "end") this.#intake.expire();
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
    this.#vitals.enter("pause");
    const iterator = await this.#parts.openings.run(async () => {
      signal.throwIfAborted();
      this.#vitals.enter("iterator");
      return await this.#cursor.makeIterator(signal);
    });
    this.#intake.open();
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
    const { pauseMs } = this.#plan;
    this.#vitals.enter("pause");
    if (pauseMs > 0) await delay(pauseMs, { clock, signal });
    this.#vitals.enter("room");
    const reserved = await share.reserve(this.#plan.expected, signal);
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
    let durationMs: number | undefined;
    try {
      answer = await this.#getRecords(iterator, limit, signal);
      if (hears(this.#options.hooks, "onRead")) {
        durationMs = monotonicNow(clock) - startedAt;
      }
      await this.#check(answer, signal);
    } catch (error) {
      share.giveUp(reserved);
      throw error;
    }
    const { records: unread, expired } = this.#cursor.unread(answer.Records);
    const records = this.#intake.beforeUntil(unread);
    const isPastUntil = records.length < unread.length;
    const kept = share.keep(reserved, records);
    const isFull = answer.Records.length >= limit;
    if (answer.Records[0]) this.#cursor.noteAge(answer.Records[0]);
    // If no record fitted, the same records arrive again and show the same gap.
    const comesAgain = kept.length === 0 && records.length > 0;
    if (answer.Records.length > 0 && !comesAgain) {
      if (expired) this.#intake.tellExpired(expired);
      this.#cursor.confirm();
    }
    const facts = {
      kept,
      isFull,
      isPastUntil,
      startedAt,
      askedAt,
      durationMs,
    };
    this.#take({ ...answer, Records: records }, facts);
    if (comesAgain) return iterator;
    // Records that did not fit are read again, with a new iterator behind the last kept record.
    return kept.length === records.length
      ? answer.NextShardIterator
      : undefined;
  }

  async #getRecords(
    iterator: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<GetRecordsResponse> {
    const { client, target } = this.#options;
    this.#vitals.enter("request");
    const getRecords = batchFormOf<typeof client.getRecords>(
      client.getRecords,
    ) ?? client.getRecords;
    const call = getRecords.call(client, {
      ShardIterator: iterator,
      Limit: limit,
      // For a stream of another account, the service needs the ARN besides the iterator.
      ...("StreamARN" in target ? target : undefined),
    }, { signal });
    // A client of the user may not heed the signal.
    return await raceAbort(call, signal);
  }

  /** Rejects if an answer is damaged. */
  async #check(
    answer: GetRecordsResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { shardId, existence } = this.#parts;
    const mayGoOn = areWhole(answer.Records) &&
      (answer.NextShardIterator ||
        await mayEnd(answer.ChildShards, existence, signal));
    if (!mayGoOn) throw damagedAnswer(shardId, "GetRecords");
  }

  /**
   * Takes in an answer: buffers the kept records, and decides about the state and the next read.
   */
  #take(
    answer: GetRecordsResponse,
    { kept, isFull, isPastUntil, startedAt, askedAt, durationMs }: PollFacts,
  ): void {
    const { Records, MillisBehindLatest, NextShardIterator } = answer;
    const isCut = kept.length < Records.length;
    this.#intake.add(kept);
    if (!isCut && typeof MillisBehindLatest === "number") {
      this.#cursor.noteLag(MillisBehindLatest);
    }
    const isBehind = isFull || isCut || !!MillisBehindLatest;
    this.#vitals.answered({
      records: kept.length,
      // Of records that did not fit, the rest is behind by an unknown time.
      millisBehindLatest: isCut ? Infinity : MillisBehindLatest,
    });
    const size = sizeOf(kept);
    this.#plan.note({ isBehind, size, startedAt, askedAt });
    this.#intake.note({
      size,
      last: kept.at(-1),
      isBehind,
      isPastUntil: isPastUntil && !isCut,
      isEnd: !NextShardIterator && !isCut,
      askedAt,
      millisBehindLatest: MillisBehindLatest,
      childShards: answer.ChildShards,
      durationMs,
    });
  }
}
