/**
 * The calls of a handler that are under way, and their time limits.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { isThenable } from "../_core/thenable.ts";
import { TimeoutError } from "../errors.ts";
import { DueList } from "./due_list.ts";
import { Attempt, type Job, type Lane, type WorkLane } from "./work.ts";

/** The limits of a call. */
export interface CallSettings {
  /** The time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a call may go on after its signal has aborted, in milliseconds. */
  readonly graceMs: number;
  readonly clock: Clock;
}

/** What {@linkcode Calls} calls. */
export interface CallEvents<R, L extends WorkLane> {
  /** Calls the handler. May throw, or return a promise. */
  readonly handle: (records: readonly R[], attempt: Attempt<R, L>) => unknown;
  /** The handler has returned, or its promise has fulfilled. */
  readonly returned: (attempt: Attempt<R, L>, result: unknown) => void;
  /** The handler has thrown, or its promise has rejected. */
  readonly threw: (attempt: Attempt<R, L>, error: unknown) => void;
  /** A call has exceeded its time limit. */
  readonly late: (attempt: Attempt<R, L>) => void;
  /** A call has not ended after its signal has aborted. Its result will be ignored. */
  readonly abandoned: (attempt: Attempt<R, L>) => void;
}

/** Starts calls, and reports how each has ended. A call that is abandoned is reported once. */
export class Calls<R, L extends WorkLane> {
  readonly #settings: CallSettings;
  readonly #events: CallEvents<R, L>;
  /** Calls that can exceed their time limit. */
  readonly #timeouts: DueList<Attempt<R, L>>;
  /** Calls whose signal has aborted. */
  readonly #graces: DueList<Attempt<R, L>>;
  #running = 0;

  /** Starts without calls. */
  constructor(settings: CallSettings, events: CallEvents<R, L>) {
    this.#settings = settings;
    this.#events = events;
    const { clock, timeoutMs, graceMs } = settings;
    this.#timeouts = new DueList(clock, timeoutMs, (it) => this.#timeOut(it));
    this.#graces = new DueList(clock, graceMs, (it) => this.#abandon(it));
  }

  /** The number of calls under way. */
  get running(): number {
    return this.#running;
  }

  /** The calls that take time: those whose signal has aborted first. */
  *[Symbol.iterator](): Generator<Attempt<R, L>> {
    yield* this.#graces.items;
    yield* this.#timeouts.items;
  }

  /** Calls the handler for the values of a job. */
  start(job: Job<R, L>): void {
    const { handle, returned, threw } = this.#events;
    const attempt = new Attempt(job, ++job.attempts);
    this.#running++;
    job.lane.running++;
    job.noteFailed(0);
    let result: unknown;
    try {
      result = handle(job.records, attempt);
      if (isThenable(result)) return this.#follow(attempt, result);
    } catch (error) {
      this.#freeSlot(job);
      return threw(attempt, error);
    }
    this.#freeSlot(job);
    returned(attempt, result);
  }

  /** Tells the calls of a lane to stop. */
  abort(lane: Lane<R, L>, reason: unknown): void {
    lane.abortion = { reason };
    for (const { attempt } of [...lane.jobs]) {
      if (attempt) this.#abort(attempt, reason);
    }
  }

  /** Stops the timers. */
  stop(): void {
    this.#timeouts.stop();
    this.#graces.stop();
  }

  #follow(attempt: Attempt<R, L>, result: PromiseLike<unknown>): void {
    const { returned, threw } = this.#events;
    const { job } = attempt;
    const { lane } = job;
    job.attempt = attempt;
    lane.jobs.add(job);
    attempt.startedAt = this.#timeouts.add(attempt);
    // The handler itself may have aborted the calls of its lane, before it returned the promise.
    if (lane.abortion) this.#abort(attempt, lane.abortion.reason);
    Promise.resolve(result).then((value) => {
      if (this.#end(attempt)) returned(attempt, value);
    }, (error) => {
      if (this.#end(attempt)) threw(attempt, error);
    });
  }

  /** Returns false if the call was abandoned before. */
  #end(attempt: Attempt<R, L>): boolean {
    if (attempt.isAbandoned) return false;
    const { job } = attempt;
    this.#timeouts.delete(attempt);
    this.#graces.delete(attempt);
    job.attempt = undefined;
    this.#freeSlot(job);
    return true;
  }

  #freeSlot({ lane }: Job<R, L>): void {
    lane.running--;
    this.#running--;
  }

  #timeOut(attempt: Attempt<R, L>): void {
    const { timeoutMs } = this.#settings;
    attempt.isLate = true;
    const error = new TimeoutError(
      `The handler has not ended within ${timeoutMs} ms ('timeoutMs')`,
      { timeoutMs },
    );
    this.#abort(attempt, error);
    this.#events.late(attempt);
  }

  #abort(attempt: Attempt<R, L>, reason: unknown): void {
    this.#timeouts.delete(attempt);
    this.#graces.add(attempt);
    attempt.abort(reason);
  }

  #abandon(attempt: Attempt<R, L>): void {
    this.#end(attempt);
    attempt.isAbandoned = true;
    this.#events.abandoned(attempt);
  }
}
