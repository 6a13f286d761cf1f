/**
 * How a producer ends: it is closed, is aborted, or fails.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import { ResettableTimer } from "../_core/resettable_timer.ts";
import { textOf } from "../_core/text_of.ts";
import { DeliveryError, KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";
import {
  abortedError,
  closedError,
  timedOut,
  unexpectedError,
  withReason,
} from "./end_errors.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { errorOfOthers, textOfFailure } from "./other_values.ts";
import type { Pending } from "./pending.ts";
import type { Pump } from "./pump.ts";
import type { Stages } from "./stages.ts";

/** How a producer has ended. */
interface End {
  readonly how: "closed" | "failed" | "aborted";
  /** The error of every later call. */
  readonly error: KinesisError;
  /** The error of the values that have no error of their own. */
  readonly why: KinesisError | Error;
}

/** Is told how a producer ends. */
export interface Owner<T> {
  /** The producer has failed as a whole. Returns whether a caller is told. */
  failed(error: DeliveryError<T>): boolean;
}

/** A call that the end of the producer rejects. */
interface RunningCall {
  reject(error: KinesisError): void;
}

/** The part of the options that an ending needs. */
type EndingOptions = Pick<
  ResolvedProducerOptions<never>,
  "clock" | "stream" | "abortTimeoutMs" | "hooks" | "instance"
>;

/** Ends a producer, and tells of that once. */
export class Ending<T> {
  readonly #options: EndingOptions;
  readonly #stages: Stages<T>;
  readonly #pump: Pump<T>;
  readonly #abort: AbortController;
  readonly #owner: Owner<T>;
  readonly #calls = new Set<RunningCall>();
  /** Values that the source of a `putAll` yielded after the end. */
  readonly #late: Pending<T>[] = [];
  #failure: KinesisError | undefined;
  /** Why no value is accepted any more. */
  #refusal: KinesisError | undefined;
  #aborting: Promise<void> | undefined;
  #end: End | undefined;

  /** Aborts `abort` at the end. Tells `owner` once if the producer fails as a whole. */
  constructor(
    options: EndingOptions,
    stages: Stages<T>,
    pump: Pump<T>,
    abort: AbortController,
    owner: Owner<T>,
  ) {
    this.#options = options;
    this.#stages = stages;
    this.#pump = pump;
    this.#abort = abort;
    this.#owner = owner;
  }

  /** The error of a value that is written now; `undefined` while values are accepted. */
  get refusal(): KinesisError | undefined {
    return this.#refusal;
  }

  /** The error of every later call if the producer has failed or was aborted. */
  get error(): KinesisError | undefined {
    return this.#end?.how === "closed" ? undefined : this.#end?.error;
  }

  /** Whether everything is settled and no value is accepted any more. */
  get isClosed(): boolean {
    return this.#end?.how === "closed";
  }

  /**
   * Resolves when an abort that is under way has ended; `undefined` if there is none. Never
   * rejects.
   */
  get aborting(): Promise<void> | undefined {
    return this.#aborting?.catch(() => {});
  }

  /** Throws the error of the producer if it has failed or was aborted. */
  throwFailure(): void {
    const { error } = this;
    if (!error) return;
    this.#stages.ledger.untold.tellEnd();
    throw error;
  }

  /** Throws the error of the producer if no caller was told of it. */
  throwUntold(): void {
    if (!this.#stages.ledger.untold.isEndTold) this.throwFailure();
  }

  /** Rejects a call if the producer ends before {@linkcode Ending.remove}. */
  add(call: RunningCall): void {
    this.#calls.add(call);
  }

  /** Forgets a call. */
  remove(call: RunningCall): void {
    this.#calls.delete(call);
  }

  /** Adds a value that came after the end to the undelivered values. */
  addLate(pending: Pending<T>): void {
    this.#late.push(pending);
  }

  /** Values that are not acknowledged, in the order of writing. */
  undelivered(): FailedValue<T>[] {
    const why = this.#end?.why ?? this.#failure ??
      new KinesisError("The record is not acknowledged yet", {
        code: "NotAcknowledged",
        retryable: true,
      });
    const others = errorOfOthers(why);
    const late = this.#late.map((pending) => pending.toFailed(others));
    return [...this.#failures(why).values(), ...late];
  }

  /**
   * Sends everything, and waits until it is settled and the dead letters are written. `arriving` is
   * the same as for a flush.
   *
   * @throws {DeliveryError} if the producer fails, or if puts have failed that no caller awaits
   */
  async close(arriving?: Promise<void>): Promise<void> {
    this.throwFailure();
    await this.#pump.flush(arriving);
    try {
      await this.#stages.ledger.untold.tellAll();
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
    const { untold } = this.#stages.ledger;
    const error = this.#refusal = abortedError(reason);
    const limit = new ResettableTimer(
      clock,
      abortTimeoutMs,
      () => this.#timeOut(reason),
    );
    limit.set();
    try {
      await this.#pump.flush();
      await untold.tellAll();
    } catch (cause) {
      throw withReason(cause, reason);
    } finally {
      limit.clear();
      untold.tellEnd();
      if (!this.#end) this.#stop({ how: "aborted", error, why: error });
    }
  }

  #timeOut(reason: unknown): void {
    const { stream, abortTimeoutMs } = this.#options;
    const why = timedOut(stream, abortTimeoutMs, reason);
    const failures = this.#endNow("AbortTimedOut", reason, why);
    this.#stages.ledger.reportAll(failures);
  }

  /** Ends at once. Values that are not settled stay in {@linkcode Ending.undelivered}. */
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
    this.#stages.ledger.untold.tellEnd();
    this.#reject(error, reason);
    return failures;
  }

  /** Ends the producer because of an error, as soon as no request or letter is under way. */
  fail(cause: unknown): void {
    if (this.#end) return;
    this.#failure ??= unexpectedError(cause);
    this.#stages.intake.close();
    this.#pump.halt();
    this.finishFailing();
  }

  /**
   * Ends the producer if it is failing. Waits for requests and letters that are under way: their
   * values may be stored, and must not be reported as lost.
   */
  finishFailing(): void {
    const why = this.#failure;
    const { delivery, ledger } = this.#stages;
    if (!why || this.#end || delivery.inFlight > 0) return;
    if (ledger.isWritingLetters) return;
    const failures = this.#collect(why);
    const { stream } = this.#options;
    const error = new DeliveryError<T>(
      textOfFailure(failures.size, stream, why),
      { code: why.code, cause: why, failures: [...failures.values()] },
    );
    this.#stop({ how: "failed", error, why });
    // After the end, because a hook may abort the producer.
    ledger.reportAll(failures);
    if (this.#owner.failed(error)) ledger.untold.tellEnd();
    this.#reject(error, error);
  }

  /** Every value that is not settled, including the values that wait for room. */
  #collect(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    this.#stages.intake.recordWaiting();
    return this.#failures(why);
  }

  #failures(why: KinesisError | Error): Map<Pending<T>, FailedValue<T>> {
    const { ledger, queue } = this.#stages;
    return ledger.failures(errorOfOthers(why), queue.sendings());
  }

  #reject(error: DeliveryError<T>, reason: unknown): void {
    this.#stages.ledger.rejectAll(error);
    this.#stages.waiters.dissolve(reason);
  }

  /** `error` is for running calls, which may have to wait for ever for their next value. */
  #stop(end: End, error: KinesisError = end.error): void {
    for (const call of this.#calls) call.reject(error);
    this.#end = end;
    this.#refusal = end.error;
    this.#stages.intake.close();
    this.#pump.stop();
    this.#abort.abort(end.error);
    const { ledger } = this.#stages;
    const undelivered = ledger.bufferedValues;
    ledger.end();
    const { hooks, stream, instance } = this.#options;
    const { how } = end;
    notify(hooks, "onProducerEnd", { stream, instance, how, undelivered });
  }
}
