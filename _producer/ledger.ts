/**
 * Every value that the producer has accepted. A value leaves the ledger when it is settled, and is
 * settled once.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import { LetterWriter } from "../_dead_letters/letter_writer.ts";
import type { DeliveryError, KinesisError } from "../errors.ts";
import type { FailedValue, PutReceipt } from "../records.ts";
import { type Flush, Flushes } from "./flushes.ts";
import { Letter } from "./letter.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { type Pending, PendingList, type Sending } from "./pending.ts";
import type { Supervisor } from "./supervisor.ts";
import { UntoldFailures } from "./untold_failures.ts";

/** The part of the options that a ledger needs. */
type LedgerOptions<T> = Pick<
  ResolvedProducerOptions<T>,
  "stream" | "hooks" | "deadLetter" | "clock"
>;

const NEVER_SENT: Sending = { attempts: 0 };

/** Settles values. */
export class Ledger<T> {
  /** Failures of which no caller has been told. */
  readonly untold: UntoldFailures<T>;
  readonly #options: LedgerOptions<T>;
  readonly #supervisor: Supervisor;
  /**
   * Values stay here until they are acknowledged, reported to their `put`, or written to the
   * dead-letter stream.
   */
  readonly #pending = new PendingList<T>();
  readonly #flushes = new Flushes<T>();
  readonly #deadLetters: LetterWriter<FailedValue<T>> | undefined;
  #ended = false;
  #delivered = 0;
  #failed = 0;

  /**
   * Starts empty, and locks the dead-letter stream. Wakes the supervisor when a letter is written.
   * Makes it fail when a value that is given up cannot be reported in another way.
   *
   * @throws {TypeError} if the dead-letter stream is locked already
   */
  constructor(options: LedgerOptions<T>, supervisor: Supervisor) {
    this.#options = options;
    this.#supervisor = supervisor;
    this.#deadLetters = options.deadLetter &&
      new LetterWriter(options.deadLetter, (it, size) => new Letter(it, size));
    this.untold = new UntoldFailures(options, this);
  }

  /** Values that are not settled. */
  get bufferedValues(): number {
    return this.#pending.length;
  }

  /** Values that Kinesis acknowledged. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Values that were given up. */
  get failed(): number {
    return this.#failed;
  }

  /** Whether values are being written to the dead-letter stream. */
  get isWritingLetters(): boolean {
    return this.#deadLetters !== undefined && this.#deadLetters.writing > 0;
  }

  /** Adds a value. */
  add(pending: Pending<T>): void {
    this.#pending.add(pending);
  }

  /** Settles values that Kinesis has acknowledged. */
  deliver(puts: readonly Pending<T>[], receipt: PutReceipt): void {
    for (const pending of puts) this.deliverOne(pending, receipt);
  }

  /** Settles a value that Kinesis has acknowledged. */
  deliverOne(pending: Pending<T>, receipt: PutReceipt): void {
    if (!this.#pending.remove(pending)) return;
    this.#delivered++;
    this.#flushes.delivered(pending.ordinal);
    pending.outcome?.resolve(receipt);
  }

  /**
   * Gives values up. The `put` of a value rejects. A value without a `put` is written to the
   * dead-letter stream. Without that stream, the producer fails. `sending` says what was tried.
   */
  giveUp(
    puts: readonly Pending<T>[],
    error: KinesisError,
    { attempts, history }: Sending = NEVER_SENT,
  ): void {
    const ending = puts.filter((pending) =>
      this.#pending.has(pending) && !pending.givenUp
    );
    // All values are marked first. The report of one value may end the producer, and its end
    // reports the others.
    for (const pending of ending) {
      pending.givenUp = { attempts, error, history };
    }
    let isFatal = false;
    for (const pending of ending) {
      // After the end, the value stays among the undelivered values.
      if (this.#ended) return;
      if (pending.outcome) {
        const failed = pending.toFailed(error);
        const untold = this.#remove(pending, failed) ? undefined : this.untold;
        pending.outcome.reject(error, failed, untold);
      } else if (this.#deadLetters) {
        this.#bury(this.#deadLetters, pending, error);
      } else isFatal = true;
      // Last, because a hook may abort the producer.
      this.#report(pending, error, attempts);
    }
    if (isFatal) this.#supervisor.fail(error);
    else this.settleFlushes();
  }

  /** Writes a settled value to the dead-letter stream; `undefined` if there is none. */
  writeLetter(failed: FailedValue<T>): Promise<void> | undefined {
    return this.#deadLetters?.write(failed)
      .finally(() => this.#supervisor.wake());
  }

  /**
   * All values that are not settled, in the order of writing. `why` is the error of the values that
   * have no error of their own.
   */
  failures(
    why: KinesisError | Error,
    sendings: ReadonlyMap<Pending<T>, Sending>,
  ): Map<Pending<T>, FailedValue<T>> {
    const failures = new Map<Pending<T>, FailedValue<T>>();
    for (const pending of this.#pending) {
      const sending = pending.givenUp ?? sendings.get(pending);
      failures.set(pending, pending.toFailed(why, sending));
    }
    return failures;
  }

  /**
   * Begins a flush. It waits for all values until {@linkcode Ledger.limitFlush}. If `earlier`
   * failures are given, a caller receives the result, and is told of all failures during the flush.
   */
  beginFlush(earlier?: FailedValue<T>[]): Flush<T> {
    return this.#flushes.begin(earlier, earlier !== undefined);
  }

  /** Lets a flush wait only for the values that are in the ledger now. */
  limitFlush(flush: Flush<T>): void {
    this.#flushes.limit(flush, this.#pending.lastOrdinal);
  }

  /** Whether a flush has begun and not ended. If the producer fails, the flush rejects. */
  get isFlushing(): boolean {
    return this.#flushes.size > 0;
  }

  /** Ends every flush whose values are settled. */
  settleFlushes(): void {
    this.#flushes.settle(this.#pending.first?.ordinal ?? Infinity);
  }

  /** Gives nothing up any more: values that are not settled stay. */
  end(): void {
    this.#ended = true;
    this.#deadLetters?.release();
  }

  /** Rejects every `put` and flush because the producer has ended. */
  rejectAll(error: DeliveryError<T>): void {
    if (this.isFlushing) this.untold.tellEnd();
    const untold = this.untold.isEndTold ? undefined : this.untold;
    for (const pending of this.#pending) {
      pending.outcome?.reject(error, undefined, untold);
    }
    this.#flushes.fail(error);
  }

  /** Reports values that the failure of the producer has ended. */
  reportAll(failures: ReadonlyMap<Pending<T>, FailedValue<T>>): void {
    for (const [pending, { error, attempts }] of failures) {
      if (!pending.givenUp) this.#report(pending, error, attempts);
    }
  }

  #report(pending: Pending<T>, error: unknown, attempts: number): void {
    this.#failed++;
    const { stream, hooks } = this.#options;
    const { partitionKey } = pending;
    notify(hooks, "onValueFailed", { stream, partitionKey, error, attempts });
  }

  #bury(
    to: LetterWriter<FailedValue<T>>,
    pending: Pending<T>,
    error: KinesisError,
  ): void {
    const failed = pending.toFailed(error);
    to.write(failed).then(() => {
      this.#remove(pending, failed);
      this.#supervisor.wake();
    }, (error) => this.#supervisor.fail(error));
  }

  /** Settles a value that was given up. Returns whether the caller of a flush is told. */
  #remove(pending: Pending<T>, failed: FailedValue<T>): boolean {
    return this.#pending.remove(pending) &&
      this.#flushes.failed(pending.ordinal, failed);
  }
}
