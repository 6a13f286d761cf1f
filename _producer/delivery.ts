/**
 * Sends the records of the queue, and applies the outcomes. Only this stage removes records from
 * the queue, puts them back, gives them up and has them packed again.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { notify } from "../_core/notify.ts";
import { KinesisError } from "../errors.ts";
import type { EncodedRecord, PutReceipt } from "../records.ts";
import type { Grouping } from "./grouping.ts";
import type { Ledger } from "./ledger.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import {
  isSurprising,
  type RecordOutcome,
  throttledByShard,
} from "./outcomes.ts";
import { noteAttempt, noteFailure, type Outgoing } from "./outgoing.ts";
import type { Packing } from "./packing.ts";
import type { Pending } from "./pending.ts";
import type { RequestResult, Sender } from "./sender.ts";
import type { SendQueue, Unfit } from "./send_queue.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import type { ShardWatch } from "./shard_watch.ts";
import type { Supervisor } from "./supervisor.ts";

/** The stages around the delivery. */
interface DeliveryStages<T> {
  /** Predicts shards. */
  readonly routes: ShardRoutes;
  /** Is told where records were stored. */
  readonly watch: ShardWatch<T>;
  /** Knows which records contain values of one shard. */
  readonly grouping: Grouping;
  /** Contains the records. */
  readonly queue: SendQueue<T>;
  /** Packs values again. */
  readonly packing: Packing<T>;
  /** Sends requests. */
  readonly sender: Sender;
  /** Settles values. */
  readonly ledger: Ledger<T>;
}

// The delay of a record that is sent again. The limit of its shard delays it as well.
const BACKOFF = { baseMs: 100, maxMs: 5000 };

/** Delivers records. */
export class Delivery<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #stages: DeliveryStages<T>;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  #inFlight = 0;
  #requests = 0;
  #retried = 0;
  #throttled = 0;
  #limitTimer: { handle: unknown; readonly at: number } | undefined;

  /** Sends nothing yet. `signal` ends all waits. */
  constructor(
    options: ResolvedProducerOptions<T>,
    stages: DeliveryStages<T>,
    supervisor: Supervisor,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#stages = stages;
    this.#supervisor = supervisor;
    this.#signal = signal;
  }

  /** Requests whose outcomes are not applied. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that were sent. */
  get requests(): number {
    return this.#requests;
  }

  /** Records that were sent again. A record counts each time. */
  get retried(): number {
    return this.#retried;
  }

  /** Records that a throughput limit refused. A record counts each time. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Whether another request may start now. */
  get isReady(): boolean {
    return this.#inFlight < this.#options.maxInFlight &&
      !this.#stages.sender.isPaused;
  }

  /** Whether there are enough records for a full batch. */
  get batchIsFull(): boolean {
    const { maxBatchRecords, maxBatchBytes } = this.#options;
    const { openRecords, openBytes } = this.#stages.queue;
    return openRecords >= maxBatchRecords || openBytes >= maxBatchBytes;
  }

  /** The record that carries each value, for values that are packed and not settled. */
  sendings(): Map<Pending<T>, Outgoing<T>> {
    const sendings = new Map<Pending<T>, Outgoing<T>>();
    for (const item of this.#stages.queue.all()) {
      for (const pending of item.record.puts) sendings.set(pending, item);
    }
    return sendings;
  }

  /** Sends the records that may be sent now. */
  pump(): void {
    const { queue, watch } = this.#stages;
    const { clock, maxBatchBytes, maxBatchRecords } = this.#options;
    const limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };
    const now = monotonicNow(clock);
    this.#giveUpExpired(now);
    for (const unfit of queue.nextUnfit()) this.#run(this.#packAgain(unfit));
    while (this.isReady && (this.batchIsFull || queue.hasDue(now))) {
      const batch = queue.nextBatch(limits, now);
      if (batch.length === 0) break;
      watch.keepFresh(now);
      this.#send(batch);
    }
    this.#wakeForLimits(now);
  }

  /** Stops the timer. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#limitTimer?.handle);
  }

  async #send(batch: readonly Outgoing<T>[]): Promise<void> {
    this.#inFlight++;
    this.#requests++;
    for (const item of batch) noteAttempt(item);
    let result: RequestResult | undefined;
    try {
      result = await this.#stages.sender.send(batch);
      if (result) this.#apply(batch, result);
    } catch (error) {
      // An option such as `random` has thrown.
      this.#supervisor.fail(error);
    }
    this.#inFlight--;
    if (!this.#signal.aborted) this.#supervisor.wake();
  }

  #apply(
    batch: readonly Outgoing<T>[],
    { outcomes, durationMs, error }: RequestResult,
  ): void {
    // Stored records first: giving up another record may end the producer.
    this.#applyStored(batch, outcomes);
    const failed = this.#noteFailures(batch, outcomes);
    const throttled = this.#throttle(batch, outcomes);
    this.#applyFailures(batch, outcomes);
    notify(this.#options.hooks, "onBatch", {
      stream: this.#options.stream,
      records: batch.length,
      values: sum(batch, ({ record }) => record.puts.length),
      bytes: sum(batch, ({ record }) => record.size),
      durationMs,
      failed,
      throttled,
      error,
    });
  }

  #applyStored(
    batch: readonly Outgoing<T>[],
    outcomes: readonly RecordOutcome[],
  ): void {
    const { watch, grouping } = this.#stages;
    let surprises = false;
    for (let i = 0; i < batch.length; i++) {
      const item = batch[i]!;
      const outcome = outcomes[i]!;
      if (outcome.type !== "stored" || !isSurprising(item, outcome)) continue;
      const { shardId } = outcome.receipt;
      if (watch.observe(item.record, shardId)) surprises = true;
    }
    for (let i = 0; i < batch.length; i++) {
      const item = batch[i]!;
      const outcome = outcomes[i]!;
      if (outcome.type !== "stored") continue;
      // One surprise puts the other records of the answer in doubt as well: in a stream that was
      // deleted and created again, the same ids stand for other ranges.
      const isDoubtful = surprises || isSurprising(item, outcome);
      const isForPredicted = item.shardId !== undefined &&
        grouping.isForOneShard(item.record);
      if (isDoubtful && isForPredicted) {
        this.#run(this.#settleDoubtful(item, outcome.receipt));
      } else this.#settleStored(item, outcome.receipt);
    }
  }

  #settleStored(item: Outgoing<T>, receipt: PutReceipt): void {
    this.#stages.queue.settle(item);
    this.#stages.ledger.deliver(item.record.puts, receipt);
  }

  /**
   * A record of several values whose shard was predicted, and may have been another one. Its groups
   * wait until it is settled.
   *
   * If the stream was resharded before the record arrived, all of its values are where the record's
   * hash key leads. The KCL and `Consumer` drop such a record if one of its values belongs to
   * another shard. So all of its values are sent again: packed by shard, or alone if shards cannot
   * be predicted.
   */
  async #settleDoubtful(
    item: Outgoing<T>,
    receipt: PutReceipt,
  ): Promise<void> {
    const { shardId } = receipt;
    const { record } = item;
    const range = await this.#stages.watch.explain(record, shardId);
    if (this.#signal.aborted) return;
    if (range && record.puts.every((put) => range.holds(put))) {
      this.#settleStored(item, receipt);
    } else {
      const error = new KinesisError(
        `Cannot leave a record of several values in ${shardId}, since some of them belong to other shards`,
        { code: "WrongShard", retryable: true },
      );
      noteFailure(item, error, new Date(this.#options.clock.now()));
      if (this.#isOver(item)) this.#giveUp(item, error);
      else {
        this.#retried++;
        await this.#packAgain({ item, last: item });
      }
    }
    this.#supervisor.wake();
  }

  /** Sends the values of a record in other records. */
  async #packAgain(unfit: Unfit<T>): Promise<void> {
    const { routes, packing, queue } = this.#stages;
    const { item } = unfit;
    let records: EncodedRecord<Pending<T>>[];
    let version: number;
    do {
      version = routes.version;
      records = await packing.repack(item.record.puts, item);
    } while (version !== routes.version);
    queue.replace(unfit, records);
    this.#supervisor.wake();
  }

  #noteFailures(
    batch: readonly Outgoing<T>[],
    outcomes: readonly RecordOutcome[],
  ): number {
    let failed = 0;
    let at: Date | undefined;
    for (let i = 0; i < batch.length; i++) {
      const outcome = outcomes[i]!;
      if (outcome.type === "stored") continue;
      failed++;
      at ??= new Date(this.#options.clock.now());
      noteFailure(batch[i]!, outcome.error, at);
    }
    return failed;
  }

  /** Slows the shards down that throttled. Returns the number of throttled records. */
  #throttle(
    batch: readonly Outgoing<T>[],
    outcomes: readonly RecordOutcome[],
  ): number {
    const { stream, hooks, clock } = this.#options;
    const now = monotonicNow(clock);
    let throttled = 0;
    for (const [shardId, records] of throttledByShard(batch, outcomes)) {
      throttled += records;
      const rateFactor = this.#stages.queue.throttle(shardId, now);
      notify(hooks, "onThrottled", { stream, shardId, records, rateFactor });
    }
    this.#throttled += throttled;
    return throttled;
  }

  #applyFailures(
    batch: readonly Outgoing<T>[],
    outcomes: readonly RecordOutcome[],
  ): void {
    const again: Outgoing<T>[] = [];
    for (let i = 0; i < batch.length; i++) {
      const item = batch[i]!;
      const outcome = outcomes[i]!;
      if (outcome.type === "stored") continue;
      // All records of the request have this outcome. They stay unsettled, for the report of the
      // end.
      if (outcome.type === "fatal") {
        this.#supervisor.fail(outcome.error);
        return;
      }
      if (this.#isOver(item)) this.#giveUp(item, outcome.error);
      else again.push(item);
    }
    if (again.length === 0) return;
    this.#retried += again.length;
    const attempts = Math.max(...again.map((item) => item.attempts));
    const { random } = this.#options;
    const wait = equalJitter(BACKOFF, attempts - 1, random);
    this.#run(this.#retryAfter(wait, again));
  }

  async #retryAfter(
    wait: number,
    items: readonly Outgoing<T>[],
  ): Promise<void> {
    const { clock } = this.#options;
    try {
      await delay(wait, { clock, signal: this.#signal });
    } catch {
      return; // The producer has ended.
    }
    // From the last one, since each record is put at the front.
    for (const item of [...items].reverse()) this.#stages.queue.retry(item);
    this.#supervisor.wake();
  }

  /** Work that nothing awaits must not fail unseen: an option or a processor may have thrown. */
  #run(work: Promise<void>): void {
    work.catch((error) => this.#supervisor.fail(error));
  }

  /** Whether a record was tried often or long enough. */
  #isOver(item: Outgoing<T>): boolean {
    const { maxAttempts, recordTtlMs, clock } = this.#options;
    const age = monotonicNow(clock) - item.record.puts[0]!.acceptedAt;
    return item.attempts >= maxAttempts || age >= recordTtlMs;
  }

  #giveUp(item: Outgoing<T>, error: KinesisError): void {
    this.#stages.queue.settle(item);
    this.#stages.ledger.giveUp(item.record.puts, error, item);
  }

  #giveUpExpired(now: number): void {
    const { recordTtlMs } = this.#options;
    if (recordTtlMs === Infinity) return;
    // Records that wait behind an expired one may be expired as well.
    for (;;) {
      const expired = this.#stages.queue.nextExpired(now - recordTtlMs);
      if (expired.length === 0) return;
      for (const item of expired) {
        const error = item.error ?? new KinesisError(
          `Cannot deliver within 'recordTtlMs' of ${recordTtlMs} ms: the record was never sent`,
          { code: "RecordExpired" },
        );
        this.#giveUp(item, error);
      }
    }
  }

  // Only while a request could be sent: otherwise the end of a request wakes the producer, and a
  // timer would fire again and again without effect.
  #wakeForLimits(now: number): void {
    const { queue } = this.#stages;
    if (queue.blockedRecords === 0 || !this.isReady) return;
    const { clock } = this.#options;
    const at = now + Math.max(1, queue.waitMs(now) ?? 0);
    if (this.#limitTimer) {
      if (this.#limitTimer.at <= at) return;
      clock.clearTimeout(this.#limitTimer.handle);
    }
    const timer = { handle: undefined as unknown, at };
    this.#limitTimer = timer;
    timer.handle = clock.setTimeout(() => {
      this.#limitTimer = undefined;
      this.#supervisor.wake();
    }, at - now);
  }
}

function sum<I>(items: readonly I[], of: (item: I) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
