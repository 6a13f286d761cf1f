/**
 * Reading one shard by polling, a bounded distance ahead of the application.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import type { Budget } from "../_core/budget.ts";
import { delay } from "../_core/clock.ts";
import { Deque } from "../_core/deque.ts";
import { notify } from "../_core/notify.ts";
import type {
  GetRecordsResponse,
  GetShardIteratorRequest,
  KinesisApiRecord,
} from "../client/mod.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { ShardPosition } from "../records.ts";
import { readLimit, type ResolvedConsumerOptions } from "./options.ts";

const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** What the first answer of a shard is expected to hold, before there is anything to judge by. */
const FIRST_ESTIMATE = 256 * 1024;
/**
 * A reader that started at LATEST and lost its iterator before the first record goes back to the time of its start, less
 * this, so that a clock that is ahead of the service's loses nothing.
 */
export const LATEST_MARGIN_MS = 10_000;

/** The part of the options that does not depend on the type of the values. */
export type ReaderOptions =
  & Omit<
    ResolvedConsumerOptions<never>,
    "processor" | "hooks"
  >
  & { readonly hooks: ResolvedConsumerOptions<never>["hooks"] };

/** What readers of one consumer share. */
export interface ReaderBudget {
  /** Bytes read ahead. */
  readonly bytes: Budget;
  /** Records read ahead. */
  readonly records: Budget;
}

/** The state of a reader. */
export type ReaderState = "opening" | "reading" | "caught-up" | "ended";

/** Told by a reader. */
export interface ReaderEvents {
  /** An iterator exists: what is written from now on will be read. */
  opened(): void;
  /** There is something to take, or the state has changed. */
  changed(): void;
}

/** Polls one shard; what it read waits in it until it is taken. */
export class ShardReader {
  readonly shardId: string;
  readonly #options: ReaderOptions;
  readonly #budget: ReaderBudget;
  readonly #events: ReaderEvents;
  readonly #buffer = new Deque<KinesisApiRecord>();
  readonly #reserve: { bytes: number; records: number };
  #position: ShardPosition;
  #state: ReaderState = "opening";
  #millisBehindLatest: number | undefined;
  #bufferedBytes = 0;
  #lastBytes = 0;
  #nextReadAt = 0;
  #failures = 0;

  /** Makes a reader that starts at a position. */
  constructor(
    shardId: string,
    position: ShardPosition,
    options: ReaderOptions,
    budget: ReaderBudget,
    events: ReaderEvents,
  ) {
    this.shardId = shardId;
    this.#position = position;
    this.#options = options;
    this.#budget = budget;
    this.#events = events;
    this.#reserve = {
      bytes: FIRST_ESTIMATE,
      records: readLimit(options.prefetchRecords),
    };
  }

  /** Where it stands. */
  get state(): ReaderState {
    return this.#state;
  }

  /** How far the last answer was behind the tip, in milliseconds. */
  get millisBehindLatest(): number | undefined {
    return this.#millisBehindLatest;
  }

  /** Records that wait. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Bytes that wait. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Takes the next record. */
  shift(): KinesisApiRecord | undefined {
    const record = this.#buffer.shift();
    if (record) this.#free(1, record.Data.length);
    return record;
  }

  /** Forgets what waits. */
  clear(): void {
    while (this.shift());
  }

  /** Reads until the end of the shard, or its tip if that is all that is wanted. Rejects when it cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    let iterator: string | undefined;
    while (this.#state !== "ended") {
      try {
        iterator ??= await this.#open(signal);
        const answer = await this.#read(iterator, signal);
        this.#failures = 0;
        iterator = answer.NextShardIterator;
        this.#take(answer);
        if (this.#options.until && this.#state === "caught-up") return;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // Only the iterator is too old: the position behind the last record is still known.
        if (isExpired(error)) iterator = undefined;
        else await this.#recover(error, signal);
      }
    }
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { client, target, clock } = this.#options;
    const openedAt = clock.now();
    const { ShardIterator } = await client.getShardIterator({
      ...target,
      ShardId: this.shardId,
      ...iteratorOf(this.#position),
    }, { signal });
    if (this.#position.type === "LATEST") {
      // The tip of a later iterator would not be this one.
      this.#position = {
        type: "AT_TIMESTAMP",
        timestamp: new Date(openedAt - LATEST_MARGIN_MS),
      };
    }
    if (this.#state === "opening") {
      this.#state = "reading";
      this.#events.opened();
    }
    return ShardIterator;
  }

  async #read(
    iterator: string,
    signal: AbortSignal,
  ): Promise<GetRecordsResponse> {
    const { client, clock, prefetchRecords } = this.#options;
    const { bytes, records } = { ...this.#reserve };
    await this.#budget.records.reserve(records, signal);
    try {
      await this.#budget.bytes.reserve(bytes, signal);
    } catch (error) {
      this.#budget.records.adjust(-records);
      throw error;
    }
    let answer: GetRecordsResponse | undefined;
    try {
      const wait = this.#nextReadAt - clock.now();
      if (wait > 0) await delay(wait, { clock, signal });
      const startedAt = clock.now();
      answer = await client.getRecords({
        ShardIterator: iterator,
        Limit: readLimit(prefetchRecords),
      }, { signal });
      this.#nextReadAt = startedAt + this.#pause(answer);
      return answer;
    } finally {
      // What was reserved becomes what arrived.
      const arrived = answer?.Records ?? [];
      let size = 0;
      for (const record of arrived) size += record.Data.length;
      this.#budget.records.adjust(arrived.length - records);
      this.#budget.bytes.adjust(size - bytes);
      if (answer) {
        this.#lastBytes = size;
        this.#reserve.bytes = Math.max(64 * 1024, size);
        this.#bufferedBytes += size;
      }
    }
  }

  #take(answer: GetRecordsResponse): void {
    const { Records, MillisBehindLatest, NextShardIterator } = answer;
    const { stream, hooks } = this.#options;
    for (const record of Records) this.#buffer.push(record);
    const last = Records.at(-1);
    if (last) {
      this.#position = {
        type: "SEQUENCE",
        sequenceNumber: last.SequenceNumber,
      };
    }
    this.#millisBehindLatest = MillisBehindLatest;
    if (!NextShardIterator) this.#state = "ended";
    else if (Records.length === 0 && !MillisBehindLatest) {
      this.#state = "caught-up";
    } else if (this.#state === "caught-up" && MillisBehindLatest) {
      this.#state = "reading";
    }
    notify(hooks, "onRead", {
      stream,
      shardId: this.shardId,
      records: Records.length,
      bytes: this.#lastBytes,
      millisBehindLatest: MillisBehindLatest,
    });
    this.#events.changed();
  }

  #pause({ Records, MillisBehindLatest }: GetRecordsResponse): number {
    const { readsPerSecond, pollIntervalMs, prefetchRecords, until } =
      this.#options;
    const soon = 1000 / readsPerSecond;
    const behind = MillisBehindLatest ||
      Records.length >= readLimit(prefetchRecords) ||
      until && Records.length > 0;
    return behind ? soon : Math.max(soon, pollIntervalMs);
  }

  async #recover(cause: unknown, signal: AbortSignal): Promise<void> {
    const { maxAttempts, clock, random, hooks, stream } = this.#options;
    const attempt = ++this.#failures;
    const retryable = cause instanceof KinesisError && cause.retryable;
    if (!retryable || attempt >= maxAttempts) throw cause;
    const retryDelayMs = equalJitter(BACKOFF, attempt - 1, random);
    const { shardId } = this;
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error: cause,
      attempt,
      retryDelayMs,
    });
    await delay(retryDelayMs, { clock, signal });
  }

  #free(records: number, bytes: number): void {
    this.#bufferedBytes -= bytes;
    this.#budget.records.adjust(-records);
    this.#budget.bytes.adjust(-bytes);
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof ServiceError &&
    error.code === "ExpiredIteratorException";
}

function iteratorOf(
  position: ShardPosition,
): Omit<GetShardIteratorRequest, "ShardId"> {
  switch (position.type) {
    case "TRIM_HORIZON":
    case "LATEST":
      return { ShardIteratorType: position.type };
    case "AT_TIMESTAMP":
      return {
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: position.timestamp,
      };
    case "AT_SEQUENCE_NUMBER":
      return {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
    case "SEQUENCE":
      return {
        // Inside an aggregated record: it has to be read again for the values behind.
        ShardIteratorType: position.subSequenceNumber === undefined
          ? "AFTER_SEQUENCE_NUMBER"
          : "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
  }
}
