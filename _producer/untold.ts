/**
 * Failures of puts whose promise nobody waits for.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import type { Clock } from "../_core/clock.ts";
import { DeliveryError, type KinesisError } from "../errors.ts";
import type { FailedValue } from "../records.ts";

/** How long a failure waits at least for a flush, a close or an `await`, in milliseconds; at most twice as long. */
const GRACE_MS = 1000;
/** More than lie between a rejection and an `await` of it in the same turn of the event loop. */
const PROMISES_TO_AWAIT = 10;

/** A put that has failed. */
export interface FailedPut {
  /** Whether anybody waits for its promise, or has. */
  readonly watched: boolean;
  /** Rejects its promise, whether anybody waits for it or not. */
  raise(): void;
}

interface Failure<T> {
  readonly put: FailedPut;
  /** The value that was given up; `undefined` if the whole producer has failed. */
  readonly failed: FailedValue<T> | undefined;
}

/**
 * Keeps failures until they are told: by the put itself, if somebody comes to wait for it, or by a flush or a close. What is
 * still here after one to two seconds becomes an unhandled rejection, so that no failure goes unseen.
 */
export class Untold<T> {
  /** Whether somebody has been told that the producer has failed as a whole. */
  endIsTold = false;
  readonly #alarm: Alarm;
  readonly #bury: (failed: FailedValue<T>) => Promise<void> | undefined;
  #fresh: Failure<T>[] = [];
  #stale: Failure<T>[] = [];

  readonly #stream: string;

  /** `bury` writes a value to the dead letters, if there are any: they take the place of an unhandled rejection. */
  constructor(
    { clock, stream }: { readonly clock: Clock; readonly stream: string },
    bury: (failed: FailedValue<T>) => Promise<void> | undefined,
  ) {
    this.#stream = stream;
    this.#bury = bury;
    this.#alarm = new Alarm(clock, GRACE_MS, () => this.#age());
  }

  /** Keeps a failure. */
  add(put: FailedPut, failed: FailedValue<T> | undefined): void {
    this.#fresh.push({ put, failed });
    this.#alarm.set();
  }

  /** Hands out the values that were given up and that nobody has been told of, for somebody to tell now. */
  take(): FailedValue<T>[] {
    const all = [...this.#stale, ...this.#fresh];
    this.#stale = [];
    this.#fresh = all.filter(({ failed }) => failed === undefined);
    if (this.#fresh.length === 0) this.#alarm.clear();
    return all.flatMap(({ put, failed }) =>
      failed === undefined || put.watched ? [] : [failed]
    );
  }

  /**
   * Writes the values that nobody has been told of to the dead letters, or throws them.
   *
   * @throws {DeliveryError} if there are no dead letters, or if they do not take all of them
   */
  async tellAll(): Promise<void> {
    // A caller that waits for its put does so some promises later.
    for (let i = 0; i < PROMISES_TO_AWAIT; i++) await undefined;
    const failures = this.take();
    if (failures.length === 0) return;
    const buried = await Promise.allSettled(
      failures.map((failed) =>
        this.#bury(failed) ?? Promise.reject(failed.error)
      ),
    );
    const lost = failures.filter((_, i) => buried[i]!.status === "rejected");
    if (lost.length === 0) return;
    const { error: cause } = lost[0]!;
    throw new DeliveryError<T>(
      `Cannot deliver ${lost.length} values to ${this.#stream}: ${cause.message}`,
      { code: (cause as KinesisError).code, cause, failures: lost },
    );
  }

  /** Somebody is told that the producer has failed: puts that have failed with it need not tell it again. */
  tellEnd(): void {
    this.endIsTold = true;
    const isAlone = ({ failed }: Failure<T>) => failed !== undefined;
    this.#stale = this.#stale.filter(isAlone);
    this.#fresh = this.#fresh.filter(isAlone);
    if (this.#stale.length + this.#fresh.length === 0) this.#alarm.clear();
  }

  #age(): void {
    const due = this.#stale;
    this.#stale = this.#fresh;
    this.#fresh = [];
    if (this.#stale.length > 0) this.#alarm.set();
    for (const { put, failed } of due) {
      if (put.watched) continue;
      if (!failed) {
        // All puts have failed with the same error: one of them is enough.
        if (!this.endIsTold) put.raise();
        continue;
      }
      const burying = this.#bury(failed);
      if (burying) burying.catch(() => put.raise());
      else put.raise();
    }
  }
}
