/**
 * PutRecords requests and what becomes of their records: some stored, some to be sent again, some given up.
 *
 * @module
 */
import { isThrottle, serviceError } from "../_aws/service_error.ts";
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { notify } from "../_core/notify.ts";
import type {
  PutRecordsResponse,
  PutRecordsResultEntry,
} from "../client/mod.ts";
import { KinesisError, ResponseError, ServiceError } from "../errors.ts";
import type { PutReceipt } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { noteFailure, type Outgoing, type SendQueue } from "./send_queue.ts";
import { StreamState } from "./stream_state.ts";

// One record that is throttled alone waits for tokens of its shard anyway; a request that fails whole has no other brake.
const RECORD_BACKOFF = { baseMs: 100, maxMs: 5000 };
const REQUEST_BACKOFF = { baseMs: 100, maxMs: 5000 };
/**
 * An error that heals soon or never, such as an expired token whose renewal is late, is fatal when so many rounds in a row
 * bring it: after 10 to 20 seconds. The requests between two pauses are one round, however many they are.
 */
const DOUBTFUL_ROUNDS = 10;

/** A record that was stored, and where. */
export interface StoredRecord<T> {
  /** The record. */
  readonly item: Outgoing<T>;
  /** What its answer says. */
  readonly receipt: PutReceipt;
}

/** A record that was not stored, and what its answer says. */
interface RefusedRecord<T> {
  readonly item: Outgoing<T>;
  readonly result: PutRecordsResultEntry | null | undefined;
}

/** Told what became of records. */
export interface SenderEvents<T> {
  /** Kinesis has stored these records, all that one request stored. They are not settled yet. */
  stored(records: readonly StoredRecord<T>[]): void;
  /** The record has been given up. */
  failed(item: Outgoing<T>, error: KinesisError): void;
  /** Nothing can be sent any more: the error will not go away by itself. */
  fatal(error: KinesisError): void;
  /** A request has ended: there may be more to do. */
  idle(): void;
}

/** Sends batches from a queue, several at a time. */
export class Sender<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #queue: SendQueue<T>;
  readonly #events: SenderEvents<T>;
  readonly #signal: AbortSignal;
  readonly #state: StreamState;
  #inFlight = 0;
  #failuresInARow = 0;
  #doubtsInARow = 0;
  #paused = false;
  /** Pauses that have ended. */
  #round = 0;
  /** When the pause ends, by the monotonic clock. */
  #pausedUntil = -Infinity;
  /** Requests that were sent. */
  requests = 0;
  /** Records that were refused for a throughput limit, each time counted. */
  throttled = 0;
  /** Records that were sent again, each time counted. */
  retried = 0;

  /** Makes a sender; `signal` ends all requests and waits. */
  constructor(
    options: ResolvedProducerOptions<T>,
    queue: SendQueue<T>,
    events: SenderEvents<T>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#queue = queue;
    this.#events = events;
    this.#signal = signal;
    this.#state = new StreamState(options, signal);
  }

  /** Requests on their way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether another request may start now. */
  get ready(): boolean {
    return !this.#paused && this.#inFlight < this.#options.maxInFlight &&
      !this.#signal.aborted;
  }

  /** Sends a batch; resolves when every record of it is settled or back in the queue. Never rejects. */
  async send(batch: Outgoing<T>[]): Promise<void> {
    const { client, target, clock, stream, hooks } = this.#options;
    this.#inFlight++;
    this.requests++;
    const started = monotonicNow(clock);
    const round = this.#round;
    let answer: PutRecordsResponse | undefined;
    let error: unknown;
    for (const item of batch) item.attempts++;
    try {
      answer = await client.putRecords({
        ...target,
        Records: batch.map(({ record }) => ({
          Data: record.data,
          PartitionKey: record.partitionKey,
          ExplicitHashKey: record.explicitHashKey,
        })),
      }, { signal: this.#signal, maxAttempts: 1 });
      if (answer.Records?.length !== batch.length) {
        throw new ResponseError(
          `Cannot tell what PutRecords stored in ${stream}: ${batch.length} records were sent, ` +
            `the answer has ${answer.Records?.length}`,
          { status: 200 },
        );
      }
    } catch (cause) {
      answer = undefined;
      error = await this.#state.judge(cause);
    }
    // Aborted without an answer: what was stored is not known, so all of it counts as undelivered.
    if (this.#signal.aborted && !answer) {
      this.#inFlight--;
      return;
    }
    const before = this.throttled;
    const failed = answer
      ? this.#settle(batch, answer)
      : this.#settleFailure(batch, error, round);
    notify(hooks, "onBatch", {
      stream,
      records: batch.length,
      values: sum(batch, (item) => item.record.puts.length),
      bytes: sum(batch, (item) => item.record.size),
      durationMs: monotonicNow(clock) - started,
      failed,
      throttled: this.throttled - before,
      error,
    });
    this.#inFlight--;
    this.#events.idle();
  }

  #settle(batch: Outgoing<T>[], answer: PutRecordsResponse): number {
    this.#failuresInARow = 0;
    this.#doubtsInARow = 0;
    this.#state.wasThere = true;
    const stored: StoredRecord<T>[] = [];
    const refused: RefusedRecord<T>[] = [];
    for (let i = 0; i < batch.length; i++) {
      const item = batch[i]!;
      // Servers differ in what they leave out: absent, null and empty mean the same.
      const result: PutRecordsResultEntry | null | undefined =
        answer.Records[i];
      if (result?.ErrorCode || !result?.SequenceNumber) {
        refused.push({ item, result });
        continue;
      }
      const receipt = {
        shardId: result.ShardId || item.shardId || "",
        sequenceNumber: result.SequenceNumber,
        attempts: item.attempts,
      };
      stored.push({ item, receipt });
    }
    // Before the others, whose end may be that of the producer.
    if (stored.length > 0) this.#events.stored(stored);
    if (refused.length > 0) this.#settleRefused(refused);
    return refused.length;
  }

  #settleRefused(refused: readonly RefusedRecord<T>[]): void {
    const { clock } = this.#options;
    const now = monotonicNow(clock);
    const throttled = new Map<string | undefined, number>();
    let at: Date | undefined;
    const again: Outgoing<T>[] = [];
    for (const { item, result } of refused) {
      // Whatever the code, also one that is not known yet: a record that was not stored is sent again.
      const code = result?.ErrorCode || "InternalFailure";
      if (isThrottle(code)) {
        throttled.set(item.shardId, (throttled.get(item.shardId) ?? 0) + 1);
      }
      const error = serviceError({
        action: "PutRecords",
        target: this.#options.stream,
        status: 200,
        headers: new Headers(),
        body: { type: code, message: result?.ErrorMessage ?? undefined },
      });
      noteFailure(item, error, at ??= new Date(clock.now()));
      if (!this.givesUp(item, error)) again.push(item);
    }
    this.#throttled(throttled, now);
    this.#later(again);
  }

  /** `round` is the one in which the request was sent. */
  #settleFailure(
    batch: Outgoing<T>[],
    cause: unknown,
    round: number,
  ): number {
    const error = cause instanceof KinesisError ? cause : new KinesisError(
      `Cannot PutRecords to ${this.#options.stream}: ${String(cause)}`,
      { code: "Unexpected", cause },
    );
    const { clock } = this.#options;
    const now = monotonicNow(clock);
    const at = new Date(clock.now());
    for (const item of batch) noteFailure(item, error, at);
    // Requests that were in flight together and failed together are one failure.
    const isFirst = !this.#paused && round === this.#round;
    if (isFirst && error instanceof ServiceError && error.retryBriefly) {
      this.#doubtsInARow++;
    }
    if (!error.retryable || this.#doubtsInARow >= DOUBTFUL_ROUNDS) {
      this.#events.fatal(error);
      return batch.length;
    }
    if (error instanceof ServiceError && error.throttled) {
      const throttled = new Map<string | undefined, number>();
      for (const { shardId } of batch) {
        throttled.set(shardId, (throttled.get(shardId) ?? 0) + 1);
      }
      this.#throttled(throttled, now);
    }
    this.#pause(error, round === this.#round);
    this.#later(batch.filter((item) => !this.givesUp(item, error)));
    return batch.length;
  }

  #throttled(
    byShard: ReadonlyMap<string | undefined, number>,
    now: number,
  ): void {
    const { stream, hooks } = this.#options;
    for (const [shardId, records] of byShard) {
      this.throttled += records;
      const rateFactor = this.#queue.throttled(shardId, now);
      notify(hooks, "onThrottled", { stream, shardId, records, rateFactor });
    }
  }

  /** Gives a record up that has been tried long enough; says whether it did. */
  givesUp(item: Outgoing<T>, error: KinesisError): boolean {
    const { maxAttempts, recordTtlMs, clock } = this.#options;
    const age = monotonicNow(clock) - item.record.puts[0]!.acceptedAt;
    if (item.attempts < maxAttempts && age < recordTtlMs) return false;
    this.#queue.settled(item);
    this.#events.failed(item, error);
    return true;
  }

  #later(items: Outgoing<T>[]): void {
    if (items.length === 0) return;
    const { clock, random } = this.#options;
    this.retried += items.length;
    const attempts = Math.max(...items.map((item) => item.attempts));
    const wait = equalJitter(RECORD_BACKOFF, attempts - 1, random);
    delay(wait, { clock, signal: this.#signal }).then(() => {
      // Backwards, since each goes to the front.
      for (const item of items.reverse()) this.#queue.retry(item);
      this.#events.idle();
    }, () => {});
  }

  // The endpoint is in trouble, not one record: all requests wait together, or each batch would knock by itself.
  #pause(error: KinesisError, isOfThisRound: boolean): void {
    const { clock, random } = this.#options;
    const now = monotonicNow(clock);
    const asked = askedToWaitMs(error);
    // The pause for an older request is over already, unless it asks for another one.
    if (!isOfThisRound && asked === 0) return;
    // Another answer of the same round may ask for more.
    this.#pausedUntil = Math.max(this.#pausedUntil, now + asked);
    if (this.#paused) return;
    const wait = equalJitter(REQUEST_BACKOFF, this.#failuresInARow++, random);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + wait);
    this.#paused = true;
    this.#resume().catch(() => {});
  }

  async #resume(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const wait = this.#pausedUntil - monotonicNow(clock);
      if (wait <= 0) break;
      await delay(wait, { clock, signal: this.#signal });
    }
    this.#paused = false;
    this.#round++;
    this.#events.idle();
  }
}

function sum<I>(items: readonly I[], of: (item: I) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
