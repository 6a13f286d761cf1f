/**
 * Applies the outcomes of requests. Only this stage removes records from the queue, puts them back,
 * gives them up and has them packed again.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { hears, notify } from "../_core/notify.ts";
import { KinesisError } from "../errors.ts";
import type { EncodedRecord, PutReceipt } from "../records.ts";
import { BACKOFF } from "./backoff.ts";
import { factsOf } from "./batch_facts.ts";
import type { Grouping } from "./grouping.ts";
import type { Ledger } from "./ledger.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import {
  isSurprising,
  type RecordOutcome,
  throttledByShard,
} from "./outcomes.ts";
import { noteFailure, type Outgoing } from "./outgoing.ts";
import type { Packing } from "./packing.ts";
import type { Pending } from "./pending.ts";
import type { RequestResult } from "./sender.ts";
import type { SendQueue, Unfit } from "./send_queue.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import type { ShardWatch } from "./shard_watch.ts";
import type { Supervisor } from "./supervisor.ts";

/** The stages that an outcome concerns. */
export interface SettlementStages<T> {
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
  /** Settles values. */
  readonly ledger: Ledger<T>;
}

/** Settles records, or has them sent again. */
export class Settlement<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #stages: SettlementStages<T>;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  #retried = 0;
  #throttled = 0;

  /** `signal` ends all waits. */
  constructor(
    options: ResolvedProducerOptions<T>,
    stages: SettlementStages<T>,
    supervisor: Supervisor,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#stages = stages;
    this.#supervisor = supervisor;
    this.#signal = signal;
  }

  /** Records that were sent again. A record counts each time. */
  get retried(): number {
    return this.#retried;
  }

  /** Records that a throughput limit refused. A record counts each time. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Applies the outcomes of a request to the records of its batch. */
  apply(batch: readonly Outgoing<T>[], result: RequestResult): void {
    const { outcomes, wantsKeys } = result;
    const { hooks, stream } = this.#options;
    // Before the outcomes are applied: records that are packed again may lose their values.
    const facts = hears(hooks, "onBatch") && factsOf(batch, result);
    // Stored records first: giving up another record may end the producer.
    this.#applyStored(batch, outcomes);
    const failed = this.#noteFailures(batch, outcomes);
    const throttled = this.#throttle(batch, outcomes);
    if (wantsKeys) this.#stages.watch.sendKeys();
    this.#applyFailures(batch, outcomes, wantsKeys);
    if (!facts) return;
    const { durationMs, error } = result;
    notify(hooks, "onBatch", {
      stream,
      ...facts,
      durationMs,
      failed,
      throttled,
      error,
    });
  }

  /** Gives up the records that are too old to be sent. */
  giveUpExpired(now: number): void {
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

  /** Packs the values of all unfit records again. */
  repackUnfit(): void {
    for (const unfit of this.#stages.queue.nextUnfit()) {
      this.#run(this.#packAgain(unfit));
    }
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
    const { queue, ledger } = this.#stages;
    queue.settle(item);
    if (item.only) ledger.deliverOne(item.only, receipt);
    else ledger.deliver(item.record.puts, receipt);
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
      const { hooks, stream } = this.#options;
      const values = record.puts.length;
      notify(hooks, "onWrongShard", { stream, shardId, values });
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
    const { stream, instance, hooks, clock } = this.#options;
    const now = monotonicNow(clock);
    let throttled = 0;
    for (const [shardId, records] of throttledByShard(batch, outcomes)) {
      throttled += records;
      const rateFactor = this.#stages.queue.throttle(shardId, now);
      notify(hooks, "onThrottled", {
        stream,
        instance,
        shardId,
        records,
        rateFactor,
      });
    }
    this.#throttled += throttled;
    return throttled;
  }

  #applyFailures(
    batch: readonly Outgoing<T>[],
    outcomes: readonly RecordOutcome[],
    wantsKeys: boolean,
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
      // A record that was refused for its missing key is sent with a key at least once.
      if (!wantsKeys && this.#isOver(item)) this.#giveUp(item, outcome.error);
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
}
