/**
 * The producer without its stream: accepts values, packs them, sends them, and accounts for every single one.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { notify } from "../_core/notify.ts";
import {
  ClosedError,
  DeliveryError,
  InvalidRecordError,
  KinesisError,
} from "../errors.ts";
import type { Packer } from "../processors/mod.ts";
import { validateKeys } from "../processors/mod.ts";
import type { EncodedRecord, FailedRecord, PutReceipt } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { Pending, PendingList } from "./pending.ts";
import { type Outgoing, SendQueue } from "./send_queue.ts";
import { Sender } from "./sender.ts";
import { ShardRoutes } from "./shard_routes.ts";

/** What {@linkcode Engine.flush} saw. */
export interface FlushResult<T> {
  /** Values that Kinesis acknowledged during the flush. */
  delivered: number;
  /** Values that were given up during the flush. */
  failed: FailedRecord<T>[];
}

/** Keys that override the producer's own for one value. */
export interface PutKeys {
  /** The partition key. */
  partitionKey?: string;
  /** The explicit hash key. */
  explicitHashKey?: string;
}

interface Flush<T> {
  readonly upTo: number;
  readonly result: FlushResult<T>;
  readonly done: Deferred<FlushResult<T>>;
}

/** Numbers of a producer since its start, and right now. */
export interface ProducerStats {
  /** Values that were accepted and are not settled. */
  bufferedRecords: number;
  /** Bytes of packed records that are not settled. */
  bufferedBytes: number;
  /** Requests on their way. */
  inFlight: number;
  /** Values that Kinesis acknowledged. */
  delivered: number;
  /** Values that were given up. */
  failed: number;
  /** Requests that were sent. */
  requests: number;
  /** Kinesis records that were sent again, each time counted. */
  retried: number;
  /** Kinesis records that were refused for a throughput limit, each time counted. */
  throttled: number;
}

/** Accepts, packs and sends. */
export class Engine<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #pending = new PendingList<T>();
  readonly #packer: Packer<Pending<T>>;
  readonly #queue: SendQueue<T>;
  readonly #sender: Sender<T>;
  readonly #routes: ShardRoutes;
  readonly #abort = new AbortController();
  readonly #onFatal: (error: DeliveryError<T>) => void;
  readonly #deadLetter:
    | WritableStreamDefaultWriter<FailedRecord<T>>
    | undefined;
  readonly #space: { run: () => void; fail: (error: unknown) => void }[] = [];
  readonly #flushes = new Set<Flush<T>>();
  readonly #burying = new Set<Promise<void>>();
  #packing: Promise<void> | undefined;
  #timer: unknown;
  #urgent = false;
  #limitTimer: unknown;
  #bytes = 0;
  #sharedKey: string | undefined;
  #delivered = 0;
  #failed = 0;
  #failure: KinesisError | undefined;
  #ended: unknown;
  #started: Promise<void> | undefined;
  #live = false;

  /** Makes an engine; `onFatal` hears once that nothing can be delivered any more. */
  constructor(
    options: ResolvedProducerOptions<T>,
    onFatal: (error: DeliveryError<T>) => void,
  ) {
    this.#options = options;
    this.#onFatal = onFatal;
    this.#routes = new ShardRoutes(
      options,
      this.#abort.signal,
      () => {
        this.#queue.reroute();
        this.#pump();
      },
    );
    this.#queue = new SendQueue<T>({
      rates: options.shardRates,
      quantumMs: Math.min(100, Math.max(10, options.lingerMs)),
      route: (record) =>
        this.#routes.shardOf(record.partitionKey, record.explicitHashKey),
    });
    this.#sender = new Sender(options, this.#queue, {
      delivered: (item, receipt) => this.#onDelivered(item, receipt),
      failed: (item, error) => this.#onFailed(item, error),
      fatal: (error) => this.#onSenderFatal(error),
      idle: () => this.#pump(),
    }, this.#abort.signal);
    this.#packer = options.processor.createPacker<Pending<T>>({
      maxRecordBytes: options.maxRecordBytes,
      emit: (record) => this.#enqueue(record),
      shardOf: (partitionKey, explicitHashKey) =>
        this.#routes.shardOf(partitionKey, explicitHashKey),
    });
    this.#deadLetter = options.deadLetter?.getWriter();
  }

  /**
   * Accepts a value, now or when there is room. Returns `undefined` when it was accepted at once; the promise rejects if
   * the producer ends before there is room.
   *
   * @throws {InvalidRecordError} if the value cannot become a record and there is neither a dead-letter stream nor a promise
   */
  accept(
    value: T,
    keys: PutKeys = {},
    settle?: Deferred<PutReceipt>,
  ): Promise<void> | undefined {
    if (this.#ended !== undefined) throw this.#ended;
    this.#start();
    if (this.#hasRoom && this.#space.length === 0) {
      return this.#add(value, keys, settle);
    }
    const room = deferred<void>();
    this.#space.push({
      run: () => {
        try {
          room.resolve(this.#add(value, keys, settle));
        } catch (error) {
          room.reject(error);
        }
      },
      fail: room.reject,
    });
    this.#flushPackerIfStuck();
    return room.promise;
  }

  /** Sends everything that was accepted so far and waits until all of it is settled. */
  async flush(): Promise<FlushResult<T>> {
    if (this.#failure) throw this.#failure;
    // Values that wait for room were written before this call.
    while (this.#space.length > 0 && !this.#failure) {
      await new Promise<void>((run, fail) => this.#space.push({ run, fail }));
    }
    const result: FlushResult<T> = { delivered: 0, failed: [] };
    if (this.#pending.length === 0) return result;
    const done = deferred<FlushResult<T>>();
    this.#flushes.add({ upTo: this.#pending.lastOrdinal, result, done });
    await this.#flushPacker();
    await done.promise;
    await Promise.all(this.#burying);
    return result;
  }

  /** Sends everything and waits until all of it is settled, the dead letters written too. */
  async close(): Promise<void> {
    try {
      await this.flush();
      if (this.#failure) throw this.#failure;
      this.#end(new ClosedError("Cannot put as the producer is closed"));
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  /** Stops at once; what is not settled stays in {@linkcode Engine.undelivered}. */
  abort(reason: unknown): void {
    if (this.#ended !== undefined) return;
    const failures = this.undelivered(toError(reason));
    this.#end(
      new ClosedError("Cannot put as the producer was aborted", {
        cause: reason,
      }),
    );
    this.#rejectAll(
      new DeliveryError(
        `Cannot deliver ${failures.length} records as the producer was aborted`,
        { code: "Aborted", cause: reason, failures },
      ),
      reason,
    );
  }

  /** Values that are not acknowledged, in the order of acceptance. */
  undelivered(error?: KinesisError | Error): FailedRecord<T>[] {
    const failures: FailedRecord<T>[] = [];
    const why = error ?? this.#failure ??
      new ClosedError("The record is not acknowledged yet");
    for (const pending of this.#pending) {
      failures.push(failedRecord(pending, why, 0));
    }
    return failures;
  }

  /** Numbers since the start, and right now. */
  stats(): ProducerStats {
    return {
      bufferedRecords: this.#pending.length,
      bufferedBytes: this.#bytes,
      inFlight: this.#sender.inFlight,
      delivered: this.#delivered,
      failed: this.#failed,
      requests: this.#sender.requests,
      retried: this.#sender.retried,
      throttled: this.#sender.throttled,
    };
  }

  get #hasRoom(): boolean {
    const { bufferedRecords, bufferedBytes } = this.#options;
    // Values of one shard can share a record only once the shards are known.
    if (!this.#live && this.#options.processor.scope === "shard") return false;
    return this.#pending.length + this.#burying.size < bufferedRecords &&
      this.#bytes < bufferedBytes && !this.#packing;
  }

  #add(
    value: T,
    keys: PutKeys,
    settle: Deferred<PutReceipt> | undefined,
  ): Promise<void> | undefined {
    const now = this.#options.clock.now();
    let pending: Pending<T> | undefined;
    try {
      pending = new Pending(
        value,
        keys.partitionKey ?? this.#partitionKeyOf(value),
        keys.explicitHashKey ?? this.#options.explicitHashKey?.(value),
        now,
        settle,
      );
      validateKeys(pending);
      this.#pending.add(pending);
      const packing = this.#packer.push(pending);
      if (packing) this.#pack(packing, pending);
    } catch (error) {
      return this.#refuse(
        pending ?? new Pending(value, "", undefined, now, settle),
        error,
      );
    }
    this.#schedule();
    this.#pump();
  }

  #partitionKeyOf(value: T): string {
    const { partitionKey, processor } = this.#options;
    if (partitionKey) return partitionKey(value);
    if (processor.scope !== "key") return crypto.randomUUID();
    // Values share a record only under one key: a new one for each record spreads them as well.
    return this.#sharedKey ??= crypto.randomUUID();
  }

  // Packing that takes time (compression) holds up acceptance, so that memory stays bounded.
  #pack(packing: Promise<void>, pending: Pending<T>): void {
    const after = packing.catch((error) => this.#refuse(pending, error))
      .then(() => {
        if (this.#packing !== after) return;
        this.#packing = undefined;
        this.#letIn();
        this.#pump();
      });
    this.#packing = after;
  }

  /** A value that cannot become a record: its own `put` hears it, or the dead letters, or the whole stream fails. */
  #refuse(pending: Pending<T>, cause: unknown): undefined {
    this.#pending.remove(pending);
    const error = cause instanceof KinesisError
      ? cause
      : new InvalidRecordError(
        `Cannot make a record of a value: ${String(cause)}`,
        { code: "NotSerializable", cause },
      );
    this.#giveUp(pending, error, 0);
  }

  #enqueue(record: EncodedRecord<Pending<T>>): void {
    this.#sharedKey = undefined;
    this.#bytes += record.size;
    this.#queue.push({
      record,
      group: this.#groupOf(record),
      shardId: undefined,
      attempts: 0,
    });
  }

  #groupOf(record: EncodedRecord): string | undefined {
    const { ordering, processor } = this.#options;
    if (ordering === "none") return undefined;
    if (ordering === "key" && processor.scope !== "shard") {
      return record.partitionKey;
    }
    return this.#routes.shardOf(record.partitionKey, record.explicitHashKey) ??
      "";
  }

  // The first value starts the rest: a producer that is never used sends nothing.
  #start(): void {
    this.#started ??= this.#routes.start().then(() => {
      this.#live = true;
      this.#queue.reroute();
      this.#letIn();
      this.#pump();
    }, (error) => this.#onSenderFatal(error));
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#pending.length === 0) return;
    const { clock, lingerMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#flushPacker();
    }, lingerMs);
  }

  async #flushPacker(): Promise<void> {
    this.#urgent = true;
    try {
      await this.#packer.flush();
    } catch (error) {
      this.#onSenderFatal(toError(error));
    }
    this.#pump();
  }

  /** Writers wait and nothing is on its way: waiting for the linger time would only cost throughput. */
  #flushPackerIfStuck(): void {
    if (this.#packer.pending === 0 && this.#queue.openRecords === 0) return;
    if (!this.#sender.ready || this.#batchIsFull || this.#packing) return;
    this.#flushPacker();
  }

  get #batchIsFull(): boolean {
    const { maxBatchRecords, maxBatchBytes } = this.#options;
    return this.#queue.openRecords >= maxBatchRecords ||
      this.#queue.openBytes >= maxBatchBytes;
  }

  #pump(): void {
    if (!this.#live || this.#ended !== undefined) return;
    if (this.#failure) return this.#finishFailing();
    const { clock, maxBatchBytes, maxBatchRecords } = this.#options;
    const limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };
    while (this.#sender.ready && (this.#urgent || this.#batchIsFull)) {
      const batch = this.#queue.take(limits, clock.now());
      if (batch.length === 0) break;
      this.#sender.send(batch);
    }
    if (this.#queue.openRecords === 0 && this.#packer.pending === 0) {
      this.#urgent = false;
    }
    if (this.#queue.blockedRecords > 0) this.#wakeForLimits();
    if (this.#space.length > 0) this.#flushPackerIfStuck();
    if (this.#queue.openRecords > 0) this.#schedule();
  }

  #wakeForLimits(): void {
    if (this.#limitTimer !== undefined) return;
    const { clock } = this.#options;
    this.#limitTimer = clock.setTimeout(() => {
      this.#limitTimer = undefined;
      // These have waited for their limit already.
      this.#urgent = true;
      this.#pump();
    }, this.#queue.nextIn(clock.now()) ?? 0);
  }

  #onDelivered(item: Outgoing<T>, receipt: PutReceipt): void {
    this.#bytes -= item.record.size;
    this.#routes.observe(item.shardId, receipt.shardId);
    for (const pending of item.record.puts) {
      if (!this.#pending.remove(pending)) continue;
      this.#delivered++;
      if (this.#flushes.size > 0) this.#countDelivered(pending);
      pending.settle?.resolve(receipt);
    }
    this.#afterSettling();
  }

  #countDelivered({ ordinal }: Pending<T>): void {
    for (const { upTo, result } of this.#flushes) {
      if (ordinal <= upTo) result.delivered++;
    }
  }

  #onFailed(item: Outgoing<T>, error: KinesisError): void {
    this.#bytes -= item.record.size;
    for (const pending of item.record.puts) {
      if (this.#pending.remove(pending)) {
        this.#giveUp(pending, error, item.attempts);
      }
    }
    this.#afterSettling();
  }

  #giveUp(pending: Pending<T>, error: KinesisError, attempts: number): void {
    this.#failed++;
    const { stream, hooks } = this.#options;
    const { partitionKey } = pending;
    notify(hooks, "onRecordFailed", { stream, partitionKey, error, attempts });
    const failed = failedRecord(pending, error, attempts);
    for (const flush of this.#flushes) {
      if (pending.ordinal <= flush.upTo) flush.result.failed.push(failed);
    }
    if (pending.settle) pending.settle.reject(error);
    else if (this.#deadLetter) this.#bury(this.#deadLetter, failed);
    else this.#fail(error, failed);
    this.#afterSettling();
  }

  #bury(
    writer: WritableStreamDefaultWriter<FailedRecord<T>>,
    failed: FailedRecord<T>,
  ): void {
    const written = writer.write(failed).catch((cause) =>
      this.#fail(
        new KinesisError(
          `Cannot write to the dead-letter stream: ${String(cause)}`,
          { code: "DeadLetterFailed", cause },
        ),
        failed,
      )
    ).finally(() => {
      this.#burying.delete(written);
      this.#letIn();
    });
    this.#burying.add(written);
  }

  readonly #lost: FailedRecord<T>[] = [];

  #fail(error: KinesisError, lost?: FailedRecord<T>): void {
    if (lost) this.#lost.push(lost);
    this.#onSenderFatal(error);
  }

  #onSenderFatal(cause: unknown): void {
    if (this.#ended !== undefined) return;
    this.#failure ??= cause instanceof KinesisError
      ? cause
      : new KinesisError(`Cannot produce: ${String(cause)}`, {
        code: "Unexpected",
        cause,
      });
    this.#finishFailing();
  }

  // Requests on their way may still succeed: what they deliver must not be reported as lost.
  #finishFailing(): void {
    if (this.#sender.inFlight > 0 || this.#ended !== undefined) return;
    const cause = this.#failure!;
    const failures = [...this.#lost, ...this.undelivered(cause)];
    const { stream } = this.#options;
    const error = new DeliveryError<T>(
      `Cannot deliver ${failures.length} records to ${stream}: ${cause.message}`,
      { code: cause.code, cause, failures },
    );
    this.#failure = error;
    this.#end(error);
    this.#rejectAll(error, error);
    this.#onFatal(error);
  }

  #rejectAll(error: DeliveryError<T>, reason: unknown): void {
    for (const pending of this.#pending) pending.settle?.reject(error);
    for (const { fail } of this.#space.splice(0)) fail(reason);
    for (const flush of this.#flushes) flush.done.reject(error);
    this.#flushes.clear();
  }

  #end(error: unknown): void {
    const { clock } = this.#options;
    this.#ended = error;
    clock.clearTimeout(this.#timer);
    clock.clearTimeout(this.#limitTimer);
    this.#abort.abort(error);
    this.#deadLetter?.releaseLock();
  }

  #afterSettling(): void {
    this.#letIn();
    const oldest = this.#pending.first?.ordinal ?? Infinity;
    for (const flush of this.#flushes) {
      if (oldest <= flush.upTo) continue;
      this.#flushes.delete(flush);
      flush.done.resolve(flush.result);
    }
  }

  #letIn(): void {
    while (this.#space.length > 0 && this.#hasRoom) this.#space.shift()!.run();
  }
}

function failedRecord<T>(
  { value, partitionKey, explicitHashKey }: Pending<T>,
  error: KinesisError | Error,
  attempts: number,
): FailedRecord<T> {
  return explicitHashKey === undefined
    ? { value, partitionKey, error, attempts }
    : { value, partitionKey, explicitHashKey, error, attempts };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
