/**
 * What a reader of a shard does, and whether it gets further.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import type { ShardWait } from "../../health.ts";

/**
 * What a reader may wait for. `room` is space in the buffer, `pause` the time of the next read,
 * `event` the next event of a subscription.
 */
export type ReaderWait =
  | "iterator"
  | "request"
  | "backoff"
  | "room"
  | "pause"
  | "event";

/** What an answer brought. */
export interface AnswerProgress {
  /** The records that were new and kept. */
  readonly records: number;
  /** The lag that the answer stated, in milliseconds. */
  readonly millisBehindLatest: number | undefined;
}

/**
 * The least step of the position in time that counts as progress of answers without records, in
 * milliseconds. The times of two answers differ by the length of their requests.
 */
const LEAST_STEP_MS = 1000;

/** Notes the steps of one reader. The reader writes, the watchdog and the status read. */
export class ReaderVitals {
  readonly #clock: Clock;
  #wait: ReaderWait = "iterator";
  #since: number;
  #answeredAt: number | undefined;
  /** How long an event may take to arrive, in milliseconds, while all is well. */
  #eventWithinMs = 0;
  #steps = 0;
  /** The time up to which the shard was read, by the monotonic clock. */
  #readUpTo = -Infinity;
  #isStuck = false;

  /** Starts with the wait for an iterator. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = monotonicNow(clock);
  }

  /** Starts another wait. */
  enter(wait: Exclude<ReaderWait, "event">): void {
    this.#enter(wait);
  }

  /** Waits for an event, which arrives within `ms` milliseconds if all is well. */
  enterEvent(ms: number): void {
    this.#eventWithinMs = ms;
    this.#enter("event");
  }

  /** Notes that reading waits as planned, and not because something is wrong. */
  plan(): void {
    this.#steps++;
    this.#isStuck = false;
    this.enter("pause");
  }

  /**
   * Notes an answer. It is a step forward if it has records, says that there are none, or says
   * that the position has moved. Example: an answer at 12:00:10 says 30 s behind, one at 12:00:15
   * says 20 s: the position moved from 11:59:40 to 11:59:55. If it says 35 s, nothing moved.
   */
  answered({ records, millisBehindLatest }: AnswerProgress): void {
    const now = monotonicNow(this.#clock);
    this.#answeredAt = now;
    const upTo = now - (millisBehindLatest ?? 0);
    const hasMoved = upTo - this.#readUpTo >= LEAST_STEP_MS;
    this.#isStuck = records === 0 && !!millisBehindLatest && !hasMoved;
    if (this.#isStuck) return;
    this.#steps++;
    this.#readUpTo = upTo;
  }

  /** Changes with every step forward. */
  get steps(): number {
    return this.#steps;
  }

  /** When the last answer arrived, in milliseconds of the monotonic clock. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** Since when the reader has been in its wait, in milliseconds of the monotonic clock. */
  get since(): number {
    return this.#since;
  }

  /** What the reader waits for; `undefined` if it pauses and all is well. */
  get waitsFor(): ShardWait | undefined {
    const wait = this.#wait;
    if (wait === "room") return "application";
    if (wait !== "pause" && wait !== "event") return wait;
    if (this.#isStuck) return "records";
    return wait === "event" && this.#isSilent ? "request" : undefined;
  }

  get #isSilent(): boolean {
    return monotonicNow(this.#clock) - this.#since >= this.#eventWithinMs;
  }

  #enter(wait: ReaderWait): void {
    this.#wait = wait;
    this.#since = monotonicNow(this.#clock);
  }
}
