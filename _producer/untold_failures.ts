/**
 * Failures of puts whose promise no caller awaits.
 *
 * @module
 */
import { ResettableTimer } from "../_core/resettable_timer.ts";
import type { Clock } from "../_core/clock.ts";
import { DeliveryError, type KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";

/**
 * The shortest time that a failure waits for a flush, a close or an `await`, in milliseconds. The
 * longest time is twice as long.
 */
const GRACE_MS = 1000;
/**
 * More microtasks than between a rejection and an `await` of it in the same turn of the event loop.
 */
const MICROTASKS_TO_AWAIT = 10;

/** A put that has failed. */
export interface FailedPut {
  /** Whether a caller awaits the promise, or has awaited it. */
  readonly isAwaited: boolean;
  /** Rejects the promise, also if no caller awaits it. */
  raise(): void;
}

/** Writes values to the dead-letter stream. */
export interface LetterWriter<T> {
  /** Writes a value; `undefined` if there is no dead-letter stream. */
  writeLetter(failed: FailedValue<T>): Promise<void> | undefined;
}

interface Failure<T> {
  readonly put: FailedPut;
  /** The value that was given up; `undefined` if the whole producer has failed. */
  readonly failed: FailedValue<T> | undefined;
}

/**
 * Keeps failures until they are told: by the put itself, if a caller awaits it later, or by a flush
 * or a close. After one to two seconds a failure goes to the dead-letter stream. Without that
 * stream it becomes an unhandled rejection. So no failure stays unseen.
 */
export class UntoldFailures<T> {
  readonly #stream: string;
  readonly #letters: LetterWriter<T>;
  readonly #timer: ResettableTimer;
  #fresh: Failure<T>[] = [];
  #stale: Failure<T>[] = [];
  #isEndTold = false;

  /** Starts empty. */
  constructor(
    { clock, stream }: { readonly clock: Clock; readonly stream: string },
    letters: LetterWriter<T>,
  ) {
    this.#stream = stream;
    this.#letters = letters;
    this.#timer = new ResettableTimer(clock, GRACE_MS, () => this.#age());
  }

  /** Whether a caller has been told that the whole producer has failed. */
  get isEndTold(): boolean {
    return this.#isEndTold;
  }

  /** Keeps a failure. */
  add(put: FailedPut, failed: FailedValue<T> | undefined): void {
    this.#fresh.push({ put, failed });
    this.#timer.set();
  }

  /** Removes the values that were given up, and returns those of which no caller was told. */
  remove(): FailedValue<T>[] {
    const all = [...this.#stale, ...this.#fresh];
    this.#stale = [];
    this.#fresh = all.filter(({ failed }) => failed === undefined);
    if (this.#fresh.length === 0) this.#timer.clear();
    return all.flatMap(({ put, failed }) =>
      failed === undefined || put.isAwaited ? [] : [failed]
    );
  }

  /**
   * Tells all failures: writes the values to the dead-letter stream, or throws.
   *
   * @throws {DeliveryError} with the values that are not written to a dead-letter stream
   */
  async tellAll(): Promise<void> {
    // A caller that awaits its put does so some microtasks after the put was rejected.
    for (let i = 0; i < MICROTASKS_TO_AWAIT; i++) await undefined;
    const failures = this.remove();
    if (failures.length === 0) return;
    const letters = await Promise.allSettled(
      failures.map((failed) =>
        this.#letters.writeLetter(failed) ?? Promise.reject(failed.error)
      ),
    );
    const lost = failures.filter((_, i) => letters[i]!.status === "rejected");
    if (lost.length === 0) return;
    const { error: cause } = lost[0]!;
    throw new DeliveryError<T>(
      `Cannot deliver ${lost.length} values to ${this.#stream}: ${cause.message}`,
      { code: (cause as KinesisError).code, cause, failures: lost },
    );
  }

  /**
   * Notes that a caller is told of the failure of the producer. The puts need not tell it again.
   */
  tellEnd(): void {
    this.#isEndTold = true;
    const isOwn = ({ failed }: Failure<T>) => failed !== undefined;
    this.#stale = this.#stale.filter(isOwn);
    this.#fresh = this.#fresh.filter(isOwn);
    if (this.#stale.length + this.#fresh.length === 0) this.#timer.clear();
  }

  #age(): void {
    const due = this.#stale;
    this.#stale = this.#fresh;
    this.#fresh = [];
    if (this.#stale.length > 0) this.#timer.set();
    for (const { put, failed } of due) {
      if (put.isAwaited) continue;
      if (!failed) {
        // All puts have failed with the same error. One unhandled rejection is enough.
        if (!this.#isEndTold) put.raise();
        continue;
      }
      const writing = this.#letters.writeLetter(failed);
      if (writing) writing.catch(() => put.raise());
      else put.raise();
    }
  }
}
