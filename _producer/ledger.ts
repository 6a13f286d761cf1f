/**
 * What became of every value that a producer has taken: each is settled once, and until then it is in here.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import type { DeliveryError, KinesisError } from "../errors.ts";
import type { FailedValue, PutReceipt } from "../records.ts";
import { DeadLetters } from "./dead_letters.ts";
import { type Flush, Flushes } from "./flushes.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { type Pending, PendingList, type Sending } from "./pending.ts";

/** The part of the options that a ledger needs. */
type LedgerOptions<T> = Pick<
  ResolvedProducerOptions<T>,
  "stream" | "hooks" | "deadLetter"
>;

/** Told what concerns the producer as a whole. */
export interface LedgerEvents {
  /** A value that was given up has nowhere to go. */
  failed(error: unknown): void;
  /** A value has been settled later than it was given up: there is room. */
  idle(): void;
}

const NEVER_SENT: Sending = { attempts: 0 };

/** Settles values. */
export class Ledger<T> {
  readonly #options: LedgerOptions<T>;
  readonly #events: LedgerEvents;
  /** Values stay here until they are acknowledged, reported to their `put`, or written to the dead letters. */
  readonly #pending = new PendingList<T>();
  readonly #flushes = new Flushes<T>();
  readonly #deadLetters: DeadLetters<T> | undefined;
  #ended = false;
  #delivered = 0;
  #failed = 0;

  /**
   * Makes an empty ledger, which locks the dead-letter stream.
   *
   * @throws {TypeError} if that is locked already
   */
  constructor(options: LedgerOptions<T>, events: LedgerEvents) {
    this.#options = options;
    this.#events = events;
    this.#deadLetters = options.deadLetter &&
      new DeadLetters(options.deadLetter);
  }

  /** Values that are not settled. */
  get open(): number {
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

  /** Whether values are on their way to the dead letters. */
  get isBurying(): boolean {
    return this.#deadLetters !== undefined && this.#deadLetters.writing > 0;
  }

  /** A value has been taken. */
  take(pending: Pending<T>): void {
    this.#pending.add(pending);
  }

  /** Kinesis has acknowledged values. */
  deliver(puts: readonly Pending<T>[], receipt: PutReceipt): void {
    for (const pending of puts) {
      if (!this.#pending.remove(pending)) continue;
      this.#delivered++;
      this.#flushes.delivered(pending.ordinal);
      pending.outcome?.resolve(receipt);
    }
  }

  /**
   * Values end together: of each its own `put` hears, or the dead letters take it, or the whole producer fails. `sending` says
   * what had been tried.
   */
  giveUp(
    puts: readonly Pending<T>[],
    error: KinesisError,
    { attempts, history }: Sending = NEVER_SENT,
  ): void {
    const ending = puts.filter((pending) =>
      this.#pending.has(pending) && !pending.givenUp
    );
    // Before anybody hears of one: that may end the producer, which lists the others then.
    for (const pending of ending) {
      pending.givenUp = { attempts, error, history };
    }
    let isFatal = false;
    for (const pending of ending) {
      // After the end it stays among the undelivered.
      if (this.#ended) return;
      if (pending.outcome) {
        const failed = pending.toFailed(error);
        pending.outcome.reject(error, failed, this.#remove(pending, failed));
      } else if (this.#deadLetters) {
        this.#bury(this.#deadLetters, pending, error);
      } else isFatal = true;
      // Last: a hook may abort the producer.
      this.#report(pending, error, attempts);
    }
    if (isFatal) this.#events.failed(error);
    else this.settleFlushes();
  }

  /** Writes a value that was given up and is settled to the dead letters; `undefined` if there are none. */
  bury(failed: FailedValue<T>): Promise<void> | undefined {
    return this.#deadLetters?.write(failed).finally(() => this.#events.idle());
  }

  /** All values that are not settled, in the order of writing; `why` is for those that have no error of their own. */
  unsettled(
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

  /** The ordinal of the value that was taken last. */
  get lastOrdinal(): number {
    return this.#pending.lastOrdinal;
  }

  /**
   * Begins a flush, which waits for everything until its `upTo` is set. With `earlier` failures its result goes to a caller,
   * who is told of the failures during it.
   */
  beginFlush(earlier?: FailedValue<T>[]): Flush<T> {
    return this.#flushes.begin(earlier, earlier !== undefined);
  }

  /** Whether a flush has begun and not ended: the failure of the producer rejects it. */
  get isFlushing(): boolean {
    return this.#flushes.size > 0;
  }

  /** Ends every flush that waits for nothing any more. */
  settleFlushes(): void {
    this.#flushes.settle(this.#pending.first?.ordinal ?? Infinity);
  }

  /** Nothing is given up from now on: what is not settled stays. */
  end(): void {
    this.#ended = true;
    this.#deadLetters?.release();
  }

  /** Tells those who wait for a value that the producer has ended without it; `told` says that others have heard it. */
  reject(error: DeliveryError<T>, told: boolean): void {
    for (const pending of this.#pending) {
      pending.outcome?.reject(error, undefined, told);
    }
    this.#flushes.fail(error);
  }

  /** Tells of values that the failure of the producer has ended. */
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

  #bury(to: DeadLetters<T>, pending: Pending<T>, error: KinesisError): void {
    const failed = pending.toFailed(error);
    to.write(failed).then(() => {
      this.#remove(pending, failed);
      this.#events.idle();
    }, (error) => this.#events.failed(error));
  }

  /** Settles a value that was given up. Returns whether the caller of a flush is told. */
  #remove(pending: Pending<T>, failed: FailedValue<T>): boolean {
    return this.#pending.remove(pending) &&
      this.#flushes.failed(pending.ordinal, failed);
  }
}
