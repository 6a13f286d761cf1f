/**
 * The producer without its stream: accepts values, has them packed and sent, and ends when it is told to or has to.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import { deferred } from "../_core/deferred.ts";
import { notify } from "../_core/notify.ts";
import { turn } from "../_core/turn.ts";
import type { DurableWrite } from "../durable_sink.ts";
import { DeliveryError, KinesisError } from "../errors.ts";
import type { FailedValue, Put, PutReceipt } from "../records.ts";
import { Backlog, type Load } from "./backlog.ts";
import { Dispatcher } from "./dispatcher.ts";
import {
  abortedError,
  closedError,
  timedOut,
  withReason,
} from "./end_errors.ts";
import type { FlushResult } from "./flushes.ts";
import { Intake, type PutKeys, type Written } from "./intake.ts";
import { Ledger } from "./ledger.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Outcome, Pending } from "./pending.ts";
import { PutPromise } from "./put_promise.ts";
import { Untold } from "./untold.ts";
import { type LineName, Waiters } from "./waiters.ts";

/** Numbers of a producer since its start, and right now. */
export interface ProducerStats {
  /** Values that were accepted and are not settled. */
  bufferedValues: number;
  /** Bytes of packed records that are not settled, and of values that are being packed where the processor counts them. */
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

/** How an engine has ended: what it answers from then on, and what it says of values that have no error of their own. */
interface End {
  readonly how: "closed" | "failed" | "aborted";
  readonly error: KinesisError;
  readonly why: KinesisError | Error;
}

/** A few milliseconds of work. */
const VALUES_IN_A_TURN = 1000;
const NO_KEYS: PutKeys = {};

/** Accepts, packs and sends. */
export class Engine<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #onFatal: (error: DeliveryError<T>) => boolean;
  readonly #abort = new AbortController();
  readonly #ledger: Ledger<T>;
  readonly #waiters = new Waiters<Written<T>>();
  readonly #intake: Intake<T>;
  readonly #dispatcher: Dispatcher<T>;
  #started = false;
  #sinceTurn = 0;
  #full = false;
  readonly #most: Load;
  readonly #roomForAll: Load;
  /** After `lingerMs` everything that is inside goes, full batch or not. */
  readonly #linger: Alarm;
  readonly #untold: Untold<T>;
  #failure: KinesisError | undefined;
  /** Why nothing is accepted any more. */
  #refusal: KinesisError | undefined;
  #aborting: Promise<void> | undefined;
  #end: End | undefined;

  /** Makes an engine; `onFatal` hears once that nothing can be delivered any more, and says whether a caller sees that. */
  constructor(
    options: ResolvedProducerOptions<T>,
    onFatal: (error: DeliveryError<T>) => boolean,
  ) {
    this.#options = options;
    this.#onFatal = onFatal;
    this.#most = {
      records: options.bufferedValues,
      bytes: options.bufferedBytes,
    };
    this.#linger = new Alarm(
      options.clock,
      options.lingerMs,
      () => this.#flushIntake(),
    );
    this.#roomForAll = Backlog.roomForAll(this.#most);
    this.#ledger = new Ledger(options, {
      failed: (error) => this.#fail(error),
      idle: () => this.#afterSettling(),
    });
    this.#untold = new Untold(
      options,
      (failed) => this.#ledger.bury(failed),
    );
    this.#dispatcher = new Dispatcher(options, {
      delivered: (puts, receipt) => this.#ledger.deliver(puts, receipt),
      failed: (item, error) =>
        this.#ledger.giveUp(item.record.puts, error, item),
      fatal: (error) => this.#fail(error),
      idle: () => this.#afterSettling(),
      // What was packed for the old shards must not come behind what is packed for the new ones.
      changing: (change) =>
        this.#intake.flushBefore(() => {
          this.#dispatcher.makeDue();
          change();
          this.#waiters.rearrange((written) => this.#lineOf(written));
        }, (error) => this.#fail(error)),
      repack: (puts, sending) => this.#intake.repack(puts, sending),
    }, this.#abort.signal);
    this.#intake = new Intake(
      options,
      (partitionKey, explicitHashKey) =>
        this.#dispatcher.shardOf(partitionKey, explicitHashKey),
      {
        taken: (pending) => this.#ledger.take(pending),
        packed: (record) => this.#dispatcher.add(record),
        refused: (pending, error, sending) =>
          this.#ledger.giveUp([pending], error, sending),
        idle: () => this.#afterSettling(),
      },
      this.#abort.signal,
    );
  }

  /**
   * Accepts a value, now or when there is room. Returns `undefined` when it was accepted and the next one may come; the promise
   * rejects if the producer ends before there is room.
   *
   * @throws {KinesisError} if the producer has ended
   */
  accept(
    value: T,
    keys: PutKeys = NO_KEYS,
    outcome?: Outcome<T>,
  ): Promise<void> | undefined {
    if (this.#refusal) throw this.#refusal;
    if (!this.#started) this.#start();
    if (this.#waiters.length === 0 && this.#isOpen && this.#hasRoomForAll) {
      this.#add(value, keys, outcome);
      return this.#breathe();
    }
    const written = this.#intake.withKeys({ value, keys, outcome });
    const line = this.#lineOf(written);
    if (!this.#waiters.has(line) && this.#isOpen && this.#hasRoomIn(line)) {
      this.#add(value, written.keys, outcome);
      return this.#breathe();
    }
    const admitted = this.#waiters.wait(this.#intake.withItem(written), line);
    if (!this.#full && !this.#hasRoomIn(line)) this.#setFull(true);
    this.#flushIfStuck();
    return admitted;
  }

  /** Accepts a value; the promise tells how it ends. */
  put(value: T, keys: PutKeys): Promise<PutReceipt> {
    const put = new PutPromise<T>(this.#untold);
    try {
      this.accept(value, keys, put)?.catch((error) => put.refuse(error));
    } catch (error) {
      put.refuse(error);
    }
    return put;
  }

  /** Accepts a value, and tells when it is stored, be it as a dead letter. */
  write(value: T, keys: PutKeys): DurableWrite {
    const { promise: stored, resolve, reject } = deferred<void>();
    const outcome: Outcome<T> = {
      resolve: () => resolve(),
      reject: (error, failed) => {
        const buried = failed && this.#ledger.bury(failed);
        if (buried) buried.then(resolve, reject);
        else reject(error);
      },
    };
    try {
      const taken = this.accept(value, keys, outcome);
      taken?.catch(reject);
      return { taken, stored };
    } catch (error) {
      reject(error);
      return { stored };
    }
  }

  // A source that always has a value would keep the timers of the whole program waiting until the buffer is full. Sockets may
  // still have to wait so long, as Deno has it; a turn that serves them takes longer than packing a thousand values.
  #breathe(): Promise<void> | undefined {
    if (++this.#sinceTurn < VALUES_IN_A_TURN) return undefined;
    this.#sinceTurn = 0;
    return turn();
  }

  /** A value that was not accepted, for reports. */
  describe(value: T, keys: PutKeys, error: KinesisError): FailedValue<T> {
    return this.#intake.describe({ value, keys, outcome: undefined })
      .toFailed(error);
  }

  /**
   * Sends everything that was accepted so far and waits until all of it is settled. `arriving` resolves when what was
   * written before has been accepted or waits for room, if something has yet to.
   */
  async flush(arriving?: Promise<void>): Promise<FlushResult<T>> {
    this.throwFailure();
    return await this.#settle(arriving, this.#untold.take());
  }

  /** Sends and waits as a flush does; `earlier` failures are passed on to a caller who is told of all others, too. */
  async #settle(
    arriving?: Promise<void>,
    earlier?: FailedValue<T>[],
  ): Promise<FlushResult<T>> {
    if (!arriving && this.#ledger.open + this.#waiters.length === 0) {
      return { delivered: 0, failed: earlier ?? [] };
    }
    const flush = this.#ledger.beginFlush(earlier);
    const written = () => {
      flush.upTo = this.#ledger.lastOrdinal;
      this.#flushIntake();
      this.#ledger.settleFlushes();
    };
    if (arriving) {
      this.#flushIntake();
      await arriving;
    }
    // Values that wait for room were written before this call.
    this.#waiters.afterAll(written);
    return await flush.done;
  }

  /**
   * Sends everything and waits until all of it is settled, the dead letters written too. `arriving` as for a flush.
   *
   * @throws {DeliveryError} if the producer fails, or if puts have failed that nobody waits for
   */
  async close(arriving?: Promise<void>): Promise<void> {
    this.throwFailure();
    await this.#settle(arriving);
    try {
      await this.#untold.tellAll();
    } finally {
      const error = closedError();
      if (!this.#end) this.#stop({ how: "closed", error, why: error });
    }
  }

  /**
   * Delivers everything that was accepted, for `abortTimeoutMs` at most, and accepts nothing more. A second call waits for the
   * same.
   *
   * @throws {DeliveryError} if something could not be delivered; its cause is the reason of the abort
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
      await this.#untold.tellAll();
    } catch (cause) {
      throw withReason(cause, reason);
    } finally {
      limit.clear();
      this.#untold.tellEnd();
      if (!this.#end) this.#stop({ how: "aborted", error, why: error });
    }
  }

  #timeOut(reason: unknown): void {
    const { stream, abortTimeoutMs } = this.#options;
    const why = timedOut(stream, abortTimeoutMs, reason);
    this.#ledger.reportAll(this.#endNow("AbortTimedOut", reason, why));
  }

  /** Resolves when an abort that is under way has ended, however it ends; `undefined` if there is none. */
  get aborting(): Promise<void> | undefined {
    return this.#aborting?.catch(() => {});
  }

  /** Stops at once; what is not settled stays in {@linkcode Engine.undelivered}. */
  abort(reason: unknown): void {
    const why = reason instanceof Error ? reason : new Error(String(reason));
    this.#endNow("Aborted", reason, why);
  }

  #endNow(
    code: string,
    reason: unknown,
    why: KinesisError | Error,
  ): Map<Pending<T>, FailedValue<T>> {
    if (this.#end) return new Map();
    const failures = this.#collect(why);
    this.#stop({ how: "aborted", error: abortedError(reason), why });
    // Who aborts knows: `undelivered()` lists the values.
    this.#untold.tellEnd();
    this.#reject(
      new DeliveryError(
        code === "Aborted"
          ? `Cannot deliver ${failures.size} values as the producer was aborted`
          : `${why.message}: ${failures.size} values are not acknowledged`,
        { code, cause: reason, failures: [...failures.values()] },
      ),
      reason,
    );
    return failures;
  }

  /** What the producer answers since it has failed or was aborted. */
  get error(): KinesisError | undefined {
    return this.#end?.how === "closed" ? undefined : this.#end?.error;
  }

  /** Throws what the producer has failed with, or was aborted with. */
  throwFailure(): void {
    const { error } = this;
    if (!error) return;
    this.#untold.tellEnd();
    throw error;
  }

  /** Throws what the producer has failed with, if nobody has been told of it. */
  throwUntold(): void {
    if (!this.#untold.endIsTold) this.throwFailure();
  }

  /** Whether everything was settled and nothing is accepted any more. */
  get closed(): boolean {
    return this.#end?.how === "closed";
  }

  /** Values that are not acknowledged, in the order of writing. */
  undelivered(): FailedValue<T>[] {
    const why = this.#end?.why ?? this.#failure ??
      new KinesisError("The record is not acknowledged yet", {
        code: "NotAcknowledged",
        retryable: true,
      });
    return [...this.#unsettled(why).values()];
  }

  /** Numbers since the start, and right now. */
  stats(): ProducerStats {
    const { inFlight, requests, retried, throttled } = this.#dispatcher.sender;
    return {
      bufferedValues: this.#ledger.open,
      bufferedBytes: this.#bufferedBytes,
      inFlight,
      delivered: this.#ledger.delivered,
      failed: this.#ledger.failed,
      requests,
      retried,
      throttled,
    };
  }

  get #bufferedBytes(): number {
    return this.#dispatcher.bytes + this.#intake.pendingBytes;
  }

  /** Whether anything may be taken now, room provided. */
  get #isOpen(): boolean {
    // Values of one shard can share a record only once the shards are known.
    if (!this.#dispatcher.live && this.#options.processor.scope === "shard") {
      return false;
    }
    return !this.#end && !this.#failure && !this.#intake.busy;
  }

  get #used(): Load {
    return { records: this.#ledger.open, bytes: this.#bufferedBytes };
  }

  get #hasRoomForAll(): boolean {
    // For every value, so nothing is allocated.
    return this.#ledger.open < this.#roomForAll.records &&
      this.#bufferedBytes < this.#roomForAll.bytes;
  }

  #hasRoomIn(line: LineName): boolean {
    const { live, backlog } = this.#dispatcher;
    // Whatever shard the first values fill the buffer for: there must be room for the others.
    if (!live && !this.#hasRoomForAll) return false;
    return backlog.hasRoom(line, this.#used, this.#most);
  }

  /** Where a value waits: by shard, if there are several and its own can be told. */
  #lineOf({ keys }: Written<T>): LineName {
    const { partitionKey, explicitHashKey } = keys;
    if (this.#dispatcher.shardCount < 2 || partitionKey === undefined) {
      return undefined;
    }
    try {
      return this.#dispatcher.shardOf(partitionKey, explicitHashKey);
    } catch {
      return undefined; // keys that will be refused
    }
  }

  // The first value starts the rest: a producer that is never used sends nothing.
  #start(): void {
    this.#started = true;
    this.#dispatcher.start().then(
      () => {
        this.#waiters.rearrange((written) => this.#lineOf(written));
        this.#afterSettling();
      },
      (error) => this.#fail(error),
    );
  }

  #add(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
    item?: Put<T>["item"],
  ): void {
    this.#intake.add(value, keys, outcome, item);
    // A value that was refused at once leaves nothing to send.
    if (this.#ledger.open > 0 && !this.#end) this.#linger.set();
    // While all requests are under way, the end of one of them is what to wait for.
    const { batchIsFull, sender } = this.#dispatcher;
    if (batchIsFull && sender.ready) this.#pump();
  }

  async #flushIntake(): Promise<void> {
    await this.#intake.flush((error) => this.#fail(error));
    this.#dispatcher.makeDue();
    this.#pump();
  }

  /** Writers wait and requests could be sent: waiting for the linger time would only cost throughput. */
  #flushIfStuck(): void {
    const { live, batchIsFull, sender, waitsForMore } = this.#dispatcher;
    if (this.#waiters.length === 0 || this.#end || this.#failure) return;
    if (!live || !sender.ready || batchIsFull || this.#intake.busy) return;
    if (this.#intake.pending > 0 || waitsForMore) this.#flushIntake();
  }

  #pump(): void {
    if (this.#failure) return this.#finishFailing();
    if (!this.#dispatcher.live || this.#end) return;
    this.#dispatcher.pump();
    // Records that have expired make room, or have ended the producer.
    this.#letIn();
    if (this.#end) return;
    // A producer that waits for values keeps no timer, and with it no process, alive.
    if (this.#ledger.open === 0) this.#linger.clear();
    else if (this.#dispatcher.waitsForMore || this.#intake.pending > 0) {
      this.#linger.set();
    }
  }

  #fail(cause: unknown): void {
    if (this.#end) return;
    this.#failure ??= cause instanceof KinesisError
      ? cause
      : new KinesisError(`Cannot produce: ${String(cause)}`, {
        code: "Unexpected",
        cause,
      });
    this.#finishFailing();
  }

  // What is on its way may still arrive, at Kinesis or in the dead letters: it must not be reported as lost.
  #finishFailing(): void {
    if (this.#end || this.#dispatcher.sender.inFlight > 0) return;
    if (this.#ledger.isBurying) return;
    const why = this.#failure!;
    const failures = this.#collect(why);
    const { stream } = this.#options;
    const error = new DeliveryError<T>(
      `Cannot deliver ${failures.size} records to ${stream}: ${why.message}`,
      { code: why.code, cause: why, failures: [...failures.values()] },
    );
    this.#stop({ how: "failed", error, why });
    // Only after the end: a hook may abort the producer.
    this.#ledger.reportAll(failures);
    if (this.#onFatal(error)) this.#untold.tellEnd();
    this.#reject(error, error);
  }

  /** Every value that is not settled, those that wait for room among them. */
  #collect(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    for (const written of this.#waiters.waiting) {
      this.#ledger.take(this.#intake.describe(written));
    }
    return this.#unsettled(why);
  }

  #unsettled(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    return this.#ledger.unsettled(why, this.#dispatcher.sendings());
  }

  #reject(error: DeliveryError<T>, reason: unknown): void {
    if (this.#ledger.isFlushing) this.#untold.tellEnd();
    this.#ledger.reject(error, this.#untold.endIsTold);
    this.#waiters.dissolve(reason);
  }

  #stop(end: End): void {
    this.#end = end;
    this.#refusal = end.error;
    this.#linger.clear();
    this.#dispatcher.stop();
    this.#abort.abort(end.error);
    this.#ledger.end();
  }

  #afterSettling(): void {
    this.#letIn();
    this.#ledger.settleFlushes();
    this.#pump();
    this.#flushIfStuck();
  }

  #letIn(): void {
    this.#waiters.admit(
      (line) => this.#isOpen && this.#hasRoomIn(line),
      ({ value, keys, outcome, item }) => this.#add(value, keys, outcome, item),
    );
    if (this.#full && this.#waiters.length === 0) this.#setFull(false);
  }

  #setFull(full: boolean): void {
    this.#full = full;
    const { stream, hooks } = this.#options;
    notify(hooks, "onBuffer", {
      stream,
      state: full ? "full" : "free",
      bufferedValues: this.#ledger.open,
      bufferedBytes: this.#bufferedBytes,
    });
  }
}
