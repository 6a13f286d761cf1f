/**
 * The producer without its stream: connects the stages, and ends when it is told to or has to.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import { deferred } from "../_core/deferred.ts";
import { textOf } from "../_core/text_of.ts";
import { turn } from "../_core/turn.ts";
import type { DurableWrite } from "../durable_sink.ts";
import { DeliveryError, KinesisError } from "../errors.ts";
import type { FailedValue, PutReceipt } from "../records.ts";
import { Delivery } from "./delivery.ts";
import {
  abortedError,
  closedError,
  timedOut,
  unexpectedError,
  withReason,
} from "./end_errors.ts";
import { Grouping } from "./grouping.ts";
import { Intake } from "./intake.ts";
import { checkKeys, Keys } from "./keys.ts";
import { Ledger } from "./ledger.ts";
import type { PutKeys, ResolvedProducerOptions } from "./options.ts";
import { Packing } from "./packing.ts";
import type { Outcome, Pending } from "./pending.ts";
import { PutAll, type ValueAcceptor } from "./put_all.ts";
import { PutPromise } from "./put_promise.ts";
import type { FlushResult, ProducerStats, PutAllResult } from "./results.ts";
import { Sender } from "./sender.ts";
import { SendQueue } from "./send_queue.ts";
import { ShardRoutes } from "./shard_routes.ts";
import { ShardWatch } from "./shard_watch.ts";
import type { Supervisor } from "./supervisor.ts";
import { Waiters } from "./waiters.ts";

/** How an engine has ended. */
interface End {
  readonly how: "closed" | "failed" | "aborted";
  /** The error of every later call. */
  readonly error: KinesisError;
  /** The error of the values that have no error of their own. */
  readonly why: KinesisError | Error;
}

/** The event loop gets a turn after this many values, which take a few milliseconds. */
const VALUES_IN_A_TURN = 1000;
const NO_KEYS: PutKeys = {};

/** Accepts, packs and sends values. */
export class Engine<T> implements Supervisor, ValueAcceptor<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #onFailed: (error: DeliveryError<T>) => boolean;
  readonly #abort = new AbortController();
  readonly #ledger: Ledger<T>;
  readonly #queue: SendQueue<T>;
  readonly #packing: Packing<T>;
  readonly #keys: Keys<T>;
  readonly #waiters: Waiters<T>;
  readonly #watch: ShardWatch<T>;
  readonly #intake: Intake<T>;
  readonly #delivery: Delivery<T>;
  /** Rings `lingerMs` after a value was accepted. Then everything is sent, full batch or not. */
  readonly #linger: Alarm;
  #isStarted = false;
  #isClosing = false;
  #acceptedInTurn = 0;
  /** Calls of `putAll` that are not settled. */
  readonly #putAlls = new Set<PutAll<T>>();
  /** Values that the source of a `putAll` yielded after the end. */
  readonly #late: Pending<T>[] = [];
  #failure: KinesisError | undefined;
  /** Why no value is accepted any more. */
  #refusal: KinesisError | undefined;
  #aborting: Promise<void> | undefined;
  #end: End | undefined;

  /**
   * Sends nothing before the first value. `onFailed` is called once if the producer fails as a
   * whole, and returns whether a caller is told.
   */
  constructor(
    options: ResolvedProducerOptions<T>,
    onFailed: (error: DeliveryError<T>) => boolean,
  ) {
    this.#options = options;
    this.#onFailed = onFailed;
    const { clock, lingerMs, ordering, processor, shardRates: rates } = options;
    const { signal } = this.#abort;
    const quantumMs = Math.min(100, Math.max(10, lingerMs));
    // The stages in the order in which a value passes them; each knows the stages before it.
    const routes = new ShardRoutes();
    const grouping = new Grouping(ordering, processor.scope, routes);
    const ledger = new Ledger<T>(options, this);
    const queue = new SendQueue<T>({ rates, quantumMs }, routes, grouping);
    const packing = new Packing(
      options,
      { routes, queue, ledger },
      this,
      signal,
    );
    const keys = new Keys(options, packing);
    const waiters = new Waiters<T>(routes);
    const watch = new ShardWatch<T>(
      options,
      { routes, packing, queue, waiters },
      this,
      signal,
    );
    this.#intake = new Intake(
      options,
      { keys, ledger, packing, queue, waiters, watch },
    );
    const sender = new Sender(options, this, signal);
    this.#delivery = new Delivery(
      options,
      { routes, watch, grouping, queue, packing, sender, ledger },
      this,
      signal,
    );
    this.#ledger = ledger;
    this.#queue = queue;
    this.#packing = packing;
    this.#keys = keys;
    this.#waiters = waiters;
    this.#watch = watch;
    this.#linger = new Alarm(clock, lingerMs, () => this.#sendAll());
  }

  /**
   * Accepts a value, now or when there is room. Returns `undefined` if the value is accepted and
   * the next value may follow at once. The promise rejects if the producer ends before there is
   * room.
   *
   * @throws {KinesisError} if the producer has ended
   */
  accept(
    value: T,
    keys: PutKeys = NO_KEYS,
    outcome?: Outcome<T>,
  ): Promise<void> | undefined {
    if (this.#refusal) throw this.#refusal;
    if (!this.#isStarted) this.#start();
    const admitted = this.#intake.accept(value, keys, outcome);
    if (admitted) {
      this.#sendAllIfStuck();
      return admitted;
    }
    // A value that was given up at once leaves nothing to send.
    if (this.#ledger.bufferedValues > 0 && !this.#end) this.#linger.set();
    // If no request may start, the end of a request sends the batch.
    if (this.#delivery.batchIsFull && this.#delivery.isReady) this.#pump();
    return this.#breathe();
  }

  /** Accepts a value. The promise tells how the value ends. */
  put(value: T, keys: PutKeys): Promise<PutReceipt> {
    const put = new PutPromise<T>();
    try {
      checkKeys("put", keys);
      this.acceptPut(value, keys, put)?.catch((error) => put.refuse(error));
    } catch (error) {
      put.refuse(error);
    }
    return put;
  }

  /** Accepts a value, and tells when it is stored, possibly as a dead letter. */
  write(value: T, keys: PutKeys): DurableWrite {
    const { promise: stored, resolve, reject } = deferred<void>();
    const outcome: Outcome<T> = {
      resolve: () => resolve(),
      reject: (error, failed) => {
        const writing = failed && this.#ledger.writeLetter(failed);
        if (writing) writing.then(resolve, reject);
        else reject(error);
      },
    };
    try {
      const taken = this.acceptPut(value, keys, outcome);
      taken?.catch(reject);
      return { taken, stored };
    } catch (error) {
      reject(error);
      return { stored };
    }
  }

  /** Accepts values one after the other, and resolves when all of them are settled. */
  async putAll(
    values: Iterable<T> | AsyncIterable<T>,
    keys: PutKeys,
  ): Promise<PutAllResult> {
    checkKeys("putAll", keys);
    if (this.#isClosing) throw closedError();
    this.throwFailure();
    const putAll = new PutAll<T>(keys);
    this.#putAlls.add(putAll);
    try {
      return await putAll.run(values, this, this.#options.stream);
    } catch (error) {
      if (this.error) this.#ledger.untold.tellEnd();
      throw error;
    } finally {
      this.#putAlls.delete(putAll);
    }
  }

  acceptPut(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T>,
  ): Promise<void> | undefined {
    if (this.#isClosing) throw closedError();
    return this.accept(value, keys, outcome);
  }

  describe(value: T, keys: PutKeys, error: KinesisError): FailedValue<T> {
    return this.#keys.described(value, keys, undefined).toFailed(error);
  }

  addLate(value: T, keys: PutKeys): void {
    this.#late.push(this.#keys.described(value, keys, undefined));
  }

  /**
   * Refuses every further `put` and `putAll`. Values that the stream has queued are still accepted.
   */
  refusePuts(): void {
    this.#isClosing = true;
  }

  // A source that always has a value would keep the timers of the whole program waiting until the
  // buffer is full. In Deno, sockets may wait even then: a turn that polls them costs more than
  // packing 1000 values.
  #breathe(): Promise<void> | undefined {
    if (++this.#acceptedInTurn < VALUES_IN_A_TURN) return undefined;
    this.#acceptedInTurn = 0;
    return turn();
  }

  /**
   * Sends everything that was accepted so far, and waits until it is settled. `arriving` resolves
   * when the values that were written before the call are accepted or wait for room; absent if they
   * are.
   */
  async flush(arriving?: Promise<void>): Promise<FlushResult<T>> {
    this.throwFailure();
    return await this.#settle(arriving, this.#ledger.untold.remove());
  }

  /**
   * Sends and waits as a flush does. `earlier` failures are for a caller, who is told of all
   * failures.
   */
  async #settle(
    arriving?: Promise<void>,
    earlier?: FailedValue<T>[],
  ): Promise<FlushResult<T>> {
    const waiting = this.#waiters.length;
    if (!arriving && this.#ledger.bufferedValues + waiting === 0) {
      return { delivered: 0, failed: earlier ?? [] };
    }
    const flush = this.#ledger.beginFlush(earlier);
    if (arriving) {
      this.#sendAll();
      await arriving;
    }
    // Values that wait for room were written before the flush.
    this.#waiters.flushAfterAll(flush);
    this.#limitFlushes();
    return await flush.done;
  }

  #acceptWaiting(): void {
    this.#intake.acceptWaiting();
    this.#limitFlushes();
  }

  /** Flushes whose earlier values are all accepted wait only for these values. */
  #limitFlushes(): void {
    const flushes = this.#waiters.dueFlushes();
    if (flushes.length === 0) return;
    for (const flush of flushes) this.#ledger.limitFlush(flush);
    this.#sendAll();
    this.#ledger.settleFlushes();
  }

  /**
   * Sends everything, and waits until it is settled and the dead letters are written. `arriving` is
   * the same as for a flush.
   *
   * @throws {DeliveryError} if the producer fails, or if puts have failed that no caller awaits
   */
  async close(arriving?: Promise<void>): Promise<void> {
    this.throwFailure();
    await this.#settle(arriving);
    try {
      await this.#ledger.untold.tellAll();
    } finally {
      const error = closedError();
      if (!this.#end) this.#stop({ how: "closed", error, why: error });
    }
  }

  /**
   * Accepts no more values, and delivers the accepted ones within `abortTimeoutMs`. A second call
   * waits for the first one.
   *
   * @throws {DeliveryError} if a value cannot be delivered. Its cause is the reason of the abort
   */
  deliverAndAbort(reason: unknown): Promise<void> {
    if (this.#end) return Promise.resolve();
    return this.#aborting ??= this.#deliverAndAbort(reason);
  }

  async #deliverAndAbort(reason: unknown): Promise<void> {
    const { clock, abortTimeoutMs } = this.#options;
    const error = this.#refusal = abortedError(reason);
    const limit = new Alarm(
      clock,
      abortTimeoutMs,
      () => this.#timeOut(reason),
    );
    limit.set();
    try {
      await this.#settle();
      await this.#ledger.untold.tellAll();
    } catch (cause) {
      throw withReason(cause, reason);
    } finally {
      limit.clear();
      this.#ledger.untold.tellEnd();
      if (!this.#end) this.#stop({ how: "aborted", error, why: error });
    }
  }

  #timeOut(reason: unknown): void {
    const { stream, abortTimeoutMs } = this.#options;
    const why = timedOut(stream, abortTimeoutMs, reason);
    this.#ledger.reportAll(this.#endNow("AbortTimedOut", reason, why));
  }

  /**
   * Resolves when an abort that is under way has ended; `undefined` if there is none. Never
   * rejects.
   */
  get aborting(): Promise<void> | undefined {
    return this.#aborting?.catch(() => {});
  }

  /** Ends at once. Values that are not settled stay in {@linkcode Engine.undelivered}. */
  abort(reason: unknown): void {
    const why = reason instanceof Error ? reason : new Error(textOf(reason));
    this.#endNow("Aborted", reason, why);
  }

  #endNow(
    code: string,
    reason: unknown,
    why: KinesisError | Error,
  ): Map<Pending<T>, FailedValue<T>> {
    if (this.#end) return new Map();
    const failures = this.#collect(why);
    const error = new DeliveryError<T>(
      code === "Aborted"
        ? `Cannot deliver ${failures.size} values as the producer was aborted`
        : `${why.message}: ${failures.size} values are not acknowledged`,
      { code, cause: reason, failures: [...failures.values()] },
    );
    this.#stop({ how: "aborted", error: abortedError(reason), why }, error);
    // The caller that aborts knows of the end, and `undelivered()` lists the values.
    this.#ledger.untold.tellEnd();
    this.#reject(error, reason);
    return failures;
  }

  /** The error of every later call if the producer has failed or was aborted. */
  get error(): KinesisError | undefined {
    return this.#end?.how === "closed" ? undefined : this.#end?.error;
  }

  /** Throws the error of the producer if it has failed or was aborted. */
  throwFailure(): void {
    const { error } = this;
    if (!error) return;
    this.#ledger.untold.tellEnd();
    throw error;
  }

  /** Throws the error of the producer if no caller was told of it. */
  throwUntold(): void {
    if (!this.#ledger.untold.isEndTold) this.throwFailure();
  }

  /** Whether everything is settled and no value is accepted any more. */
  get isClosed(): boolean {
    return this.#end?.how === "closed";
  }

  /** Values that are not acknowledged, in the order of writing. */
  undelivered(): FailedValue<T>[] {
    const why = this.#end?.why ?? this.#failure ??
      new KinesisError("The record is not acknowledged yet", {
        code: "NotAcknowledged",
        retryable: true,
      });
    const late = this.#late.map((pending) => pending.toFailed(why));
    return [...this.#failures(why).values(), ...late];
  }

  /** The counts of the producer. */
  stats(): ProducerStats {
    const { inFlight, requests, retried, throttled } = this.#delivery;
    const { bufferedValues, delivered, failed } = this.#ledger;
    return {
      bufferedValues,
      bufferedBytes: this.#intake.bufferedBytes,
      inFlight,
      delivered,
      failed,
      requests,
      retried,
      throttled,
    };
  }

  wake(): void {
    this.#acceptWaiting();
    this.#ledger.settleFlushes();
    this.#pump();
    this.#sendAllIfStuck();
  }

  fail(cause: unknown): void {
    if (this.#end) return;
    this.#failure ??= unexpectedError(cause);
    this.#intake.close();
    this.#finishFailing();
  }

  // The first value starts the requests. A producer that is never used sends none.
  #start(): void {
    this.#isStarted = true;
    this.#watch.start().catch((error) => this.fail(error));
  }

  /** Packs all accepted values, and sends them without waiting for a full batch. */
  async #sendAll(): Promise<void> {
    await this.#packing.flush();
    this.#queue.makeDue();
    this.#pump();
  }

  /** Sends partial batches if writers wait for room and requests could be sent. */
  #sendAllIfStuck(): void {
    const { batchIsFull, isReady } = this.#delivery;
    if (this.#waiters.length === 0 || this.#end || this.#failure) return;
    if (!this.#watch.isStarted || !isReady || batchIsFull) return;
    if (this.#packing.isBusy) return;
    if (this.#packing.pending > 0 || this.#queue.waitsForMore) this.#sendAll();
  }

  #pump(): void {
    if (this.#failure) return this.#finishFailing();
    if (!this.#watch.isStarted || this.#end) return;
    this.#delivery.pump();
    // Records that have expired make room, or have ended the producer.
    this.#acceptWaiting();
    if (this.#end) return;
    // While no value is buffered there is no timer, which would keep the process alive.
    if (this.#ledger.bufferedValues === 0) this.#linger.clear();
    else if (this.#queue.waitsForMore || this.#packing.pending > 0) {
      this.#linger.set();
    }
  }

  // Waits for requests and letters that are under way. Their values may be stored, and must not be
  // reported as lost.
  #finishFailing(): void {
    if (this.#end || this.#delivery.inFlight > 0) return;
    if (this.#ledger.isWritingLetters) return;
    const why = this.#failure!;
    const failures = this.#collect(why);
    const { stream } = this.#options;
    const error = new DeliveryError<T>(
      `Cannot deliver ${failures.size} records to ${stream}: ${why.message}`,
      { code: why.code, cause: why, failures: [...failures.values()] },
    );
    this.#stop({ how: "failed", error, why });
    // After the end, because a hook may abort the producer.
    this.#ledger.reportAll(failures);
    if (this.#onFailed(error)) this.#ledger.untold.tellEnd();
    this.#reject(error, error);
  }

  /** Every value that is not settled, including the values that wait for room. */
  #collect(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    this.#intake.recordWaiting();
    return this.#failures(why);
  }

  #failures(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    return this.#ledger.failures(why, this.#delivery.sendings());
  }

  #reject(error: DeliveryError<T>, reason: unknown): void {
    this.#ledger.rejectAll(error);
    this.#waiters.dissolve(reason);
  }

  /** `error` is for calls of `putAll` under way: their sources may never yield another value. */
  #stop(end: End, error: KinesisError = end.error): void {
    for (const putAll of this.#putAlls) putAll.reject(error);
    this.#end = end;
    this.#refusal = end.error;
    this.#intake.close();
    this.#linger.clear();
    this.#delivery.stop();
    this.#abort.abort(end.error);
    this.#ledger.end();
  }
}
