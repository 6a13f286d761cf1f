/**
 * Reads one shard by polling, a bounded distance ahead of the application.
 *
 * @module
 */
import { MAX_READ_RECORDS } from "../_aws/limits.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import type { GetRecordsResponse, KinesisApiRecord } from "../client/mod.ts";
import type { Existence } from "./census.ts";
import type { HeldLease } from "./held_lease.ts";
import type { ReaderShare, Size } from "./reader_share.ts";
import { areWhole, mayEnd } from "./read_answer.ts";
import { ReadRecovery } from "./read_recovery.ts";
import type { RecordReader } from "./record_reader.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import { damagedAnswer, type ShardCursor } from "./shard_cursor.ts";
import { type ShardIntake, sizeOf } from "./shard_intake.ts";

/**
 * The least size that is expected of an answer at the latest record. Small, so that hundreds of
 * quiet shards can be asked at the same time.
 */
const AT_LATEST: Size = { records: 200, bytes: 64 * 1024 };
/** While the reader is behind, an answer may have any size. */
const UNBOUNDED: Size = { records: Infinity, bytes: Infinity };

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
  /** Finds out what happened to the shard after the service refused a request. */
  readonly existence: () => Promise<Existence>;
}

/** Polls one shard. */
export class ShardReader implements RecordReader {
  readonly #parts: ReaderParts;
  readonly #options: ConsumerSettings;
  readonly #intake: ShardIntake;
  readonly #cursor: ShardCursor;
  readonly #recovery: ReadRecovery;
  /** The largest size that is expected of the next answer. */
  #expected: Size;
  #nextReadAt = 0;

  /** Nothing is read before {@linkcode ShardReader.run}. */
  constructor(parts: ReaderParts) {
    const { options, intake } = parts;
    const { cursor } = intake;
    this.#parts = parts;
    this.#options = options;
    this.#intake = intake;
    this.#cursor = cursor;
    this.#recovery = new ReadRecovery({ ...parts, cursor });
    this.#expected = cursor.position.type === "LATEST" ? AT_LATEST : UNBOUNDED;
  }

  /** Reads to the end of the shard. Rejects if the reader cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    let iterator: string | undefined;
    while (this.#intake.state !== "ended") {
      try {
        iterator ??= await this.#makeIterator(signal);
        iterator = await this.#read(iterator, signal);
        this.#recovery.noteSuccess();
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const hadIterator = iterator !== undefined;
        const next = await this.#recovery.after(error, hadIterator, signal);
        if (next === "new-iterator") iterator = undefined;
        if (next === "end") this.#intake.expire();
      }
    }
  }

  async #makeIterator(signal: AbortSignal): Promise<string> {
    const iterator = await this.#cursor.makeIterator(signal);
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
    // Waits before it reserves: room that is reserved is not there for the other shards.
    const pauseMs = this.#nextReadAt - monotonicNow(clock);
    if (pauseMs > 0) await delay(pauseMs, { clock, signal });
    const reserved = await share.reserve(this.#expected, signal);
    if (this.#cursor.mayHaveExpired) {
      share.giveUp(reserved);
      return undefined;
    }
    // The record at the position comes once more, and is left out.
    const limit = Math.min(
      reserved.records + (this.#cursor.isResuming ? 1 : 0),
      MAX_READ_RECORDS,
    );
    const startedAt = monotonicNow(clock);
    let answer: GetRecordsResponse;
    try {
      answer = await this.#getRecords(iterator, limit, signal);
    } catch (error) {
      share.giveUp(reserved);
      throw error;
    }
    const { records, expired } = this.#cursor.unread(answer.Records);
    const kept = share.keep(reserved, records);
    const isFull = answer.Records.length >= limit;
    if (answer.Records[0]) this.#cursor.noteAge(answer.Records[0]);
    // If no record fitted, the same records are read again, and so is what they say about expiry.
    const comesAgain = kept.length === 0 && records.length > 0;
    if (answer.Records.length > 0 && !comesAgain) {
      if (expired) this.#intake.tellExpired(expired);
      this.#cursor.confirm();
    }
    this.#take({ ...answer, Records: records }, kept, isFull, startedAt);
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
    const answer = await client.getRecords({
      ShardIterator: iterator,
      Limit: limit,
      // An iterator does not say which account owns the stream; the ARN does.
      ...("StreamARN" in target ? target : undefined),
    }, { signal });
    const { shardId, existence } = this.#parts;
    const mayGoOn = areWhole(answer.Records) &&
      (answer.NextShardIterator ||
        await mayEnd(answer.ChildShards, existence, signal));
    if (!mayGoOn) throw damagedAnswer(shardId, "GetRecords");
    return answer;
  }

  /**
   * Takes in an answer: buffers the kept records, and decides about the state and the next read.
   */
  #take(
    answer: GetRecordsResponse,
    kept: readonly KinesisApiRecord[],
    isFull: boolean,
    startedAt: number,
  ): void {
    const { Records, MillisBehindLatest, NextShardIterator } = answer;
    const isCut = kept.length < Records.length;
    this.#intake.add(kept);
    if (!isCut && typeof MillisBehindLatest === "number") {
      this.#cursor.noteLag(MillisBehindLatest);
    }
    const isBehind = isFull || isCut || !!MillisBehindLatest;
    const size = sizeOf(kept);
    this.#nextReadAt = startedAt + this.#pauseAfter(isBehind, size);
    this.#expected = isBehind ? UNBOUNDED : {
      records: Math.max(AT_LATEST.records, 2 * size.records),
      bytes: Math.max(AT_LATEST.bytes, 2 * size.bytes),
    };
    this.#intake.note({
      size,
      last: kept.at(-1),
      isBehind,
      isEnd: !NextShardIterator && !isCut,
      millisBehindLatest: MillisBehindLatest,
      childShards: answer.ChildShards,
    });
  }

  /** The time from one request to the next, in milliseconds. */
  #pauseAfter(isBehind: boolean, { records }: Size): number {
    const { readsPerSecond, pollIntervalMs, until } = this.#options;
    const shortest = 1000 / readsPerSecond;
    // With `until`, another answer has to show that nothing came after these records.
    const isHurried = isBehind || until !== undefined && records > 0;
    return isHurried ? shortest : Math.max(shortest, pollIntervalMs);
  }
}
