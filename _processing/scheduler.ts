/**
 * Calls a handler for values: many at a time, in the order that is asked for, again after a failure,
 * and each within a time limit.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";
import { onAbort } from "../_core/on_abort.ts";
import { TimeoutError } from "../errors.ts";
import { DueList } from "./due_list.ts";
import type { LaneQueue } from "./lane_queue.ts";
import {
  type Failure,
  type RetrySettings,
  type Verdict,
  verdictOn,
} from "./verdict.ts";
import { Attempt, Job, Lane, type WorkLane } from "./work.ts";

/** A lane with more than its fair part of the slots leaves this part of them free. */
const RESERVE = 1 / 8;

/** How a {@linkcode Scheduler} works. */
export interface SchedulerSettings extends RetrySettings {
  /** Most calls at a time. */
  readonly concurrency: number;
  /** Most values of a lane that wait for a call. */
  readonly lookahead: number;
  /** The time limit of a call, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a call may go on after its signal has aborted, in milliseconds. */
  readonly graceMs: number;
  readonly clock: Clock;
}

/** What a {@linkcode Scheduler} works with. */
export interface SchedulerParts<R, L extends WorkLane> {
  /** The number of lanes of the source, with those that have no values now. */
  readonly laneCount: () => number;
  /** Makes the queue of a lane. It calls `onDue` when values are ready without a further one. */
  readonly queue: (onDue: () => void) => LaneQueue<R>;
  /** Calls the handler. May throw, or return a promise. */
  readonly handle: (records: readonly R[], attempt: Attempt<R, L>) => unknown;
  /** Which of the values a result leaves out. May throw if the result makes no sense. */
  readonly failuresIn: (
    result: unknown,
    records: readonly R[],
  ) => readonly Failure<R>[];
  /** A value is processed. */
  readonly acknowledge: (record: R) => void;
  /**
   * There is no further call for a value. It counts as processed when the promise fulfills. If it
   * rejects, the processing fails.
   */
  readonly bury: (failure: Failure<R>, attempts: number) => Promise<void>;
  /** A call has failed. `delayMs` is the time to the next one; absent if there is none. */
  readonly onFailure: (
    attempt: Attempt<R, L>,
    failures: readonly Failure<R>[],
    delayMs: number | undefined,
  ) => void;
  /** A call has exceeded its time limit. */
  readonly onTimeout: (attempt: Attempt<R, L>) => void;
  /**
   * A call has not ended within its time limit and the time after it. `isFinal` says that no further
   * value comes, so the source cannot give its values again.
   */
  readonly onAbandoned: (
    attempt: Attempt<R, L>,
    error: TimeoutError,
    isFinal: boolean,
  ) => void;
  /** The processing cannot go on. Values that wait are not processed any more. */
  readonly onError: (error: unknown) => void;
}

/** Starts calls while there are free slots, and ends when all values are processed. */
export class Scheduler<R, L extends WorkLane> {
  readonly #settings: SchedulerSettings;
  readonly #parts: SchedulerParts<R, L>;
  readonly #lanes = new Map<L, Lane<R, L>>();
  /** Lanes that can start a call, in the order of their turns. */
  readonly #line = new Deque<Lane<R, L>>();
  /** Calls under way that can exceed their time limit. */
  readonly #timeouts: DueList<Attempt<R, L>>;
  /** Calls whose signal has aborted. */
  readonly #graces: DueList<Attempt<R, L>>;
  readonly #ended = deferred<void>();
  #room: Deferred<void> | undefined;
  #running = 0;
  /** Jobs that are not settled. */
  #jobs = 0;
  /** Values in the queues of all lanes. */
  #queued = 0;
  #isPumping = false;
  /** Whether no further value comes. */
  #isEnding = false;
  /** Whether no further call starts. */
  #isStopped = false;

  /** Starts without values. */
  constructor(settings: SchedulerSettings, parts: SchedulerParts<R, L>) {
    this.#settings = settings;
    this.#parts = parts;
    const { clock, timeoutMs, graceMs } = settings;
    this.#timeouts = new DueList(clock, timeoutMs, (it) => this.#timeOut(it));
    this.#graces = new DueList(clock, graceMs, (it) => this.#abandon(it));
  }

  /** Whether a slot is free. */
  get hasRoom(): boolean {
    return this.#running < this.#settings.concurrency;
  }

  /** Values that wait for their first call. */
  get queued(): number {
    return this.#queued;
  }

  /** Jobs of which no call is under way: they wait for the next one, or their values are given up. */
  get waiting(): number {
    return this.#jobs - this.#running;
  }

  /** The calls under way that take time, and when they started, in monotonic milliseconds. */
  get attempts(): Iterable<readonly [Attempt<R, L>, number]> {
    return this.#started();
  }

  /** Resolves when no further value comes and none is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when a slot is free. */
  room(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    this.#room ??= deferred();
    return this.#room.promise;
  }

  /** Takes a value. Does nothing once the scheduler is stopped. */
  accept(record: R, source: L): void {
    if (this.#isStopped || source.signal.aborted) return;
    const lane = this.#lanes.get(source) ?? this.#addLane(source);
    lane.queue.add(record);
    this.#queued++;
    lane.balance();
    this.#lineUp(lane);
    this.#pump();
  }

  /** No further value comes. */
  finish(): void {
    this.#isEnding = true;
    for (const lane of this.#lanes.values()) {
      lane.queue.flush();
      this.#lineUp(lane);
    }
    this.#pump();
  }

  /** Starts no further call, and drops the values that wait. */
  stop(): void {
    this.#isEnding = true;
    this.#isStopped = true;
    for (const lane of this.#lanes.values()) this.#clear(lane);
    this.#checkEnd();
  }

  /** Like {@linkcode Scheduler.stop}, and tells the calls under way to stop. */
  abort(reason: unknown): void {
    this.stop();
    for (const lane of this.#lanes.values()) this.#abortCalls(lane, reason);
  }

  #addLane(source: L): Lane<R, L> {
    const queue = this.#parts.queue(() => {
      this.#lineUp(lane);
      this.#pump();
    });
    const lane = new Lane<R, L>(source, queue, this.#settings.lookahead);
    this.#lanes.set(source, lane);
    onAbort(source.signal, () => this.#drop(lane, source.signal.reason));
    return lane;
  }

  #lineUp(lane: Lane<R, L>): void {
    if (lane.inLine || lane.isDropped || !lane.hasNext) return;
    lane.inLine = true;
    this.#line.push(lane);
  }

  /** Starts what can start. A handler that ends at once does not start the next call by itself. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    const overfull: Lane<R, L>[] = [];
    while (this.hasRoom) {
      const lane = this.#line.shift();
      if (!lane) break;
      lane.inLine = false;
      if (!this.#mayStart(lane)) overfull.push(lane);
      else if (lane.hasNext) this.#startNext(lane);
    }
    for (const lane of overfull) this.#lineUp(lane);
    this.#isPumping = false;
    if (this.#room && this.hasRoom) {
      this.#room.resolve();
      this.#room = undefined;
    }
    this.#checkEnd();
  }

  /** A lane whose handlers hang must leave slots to the others. */
  #mayStart({ running }: Lane<R, L>): boolean {
    const { concurrency } = this.#settings;
    const lanes = this.#parts.laneCount();
    return lanes < 2 || running < concurrency / lanes ||
      concurrency - this.#running > Math.ceil(concurrency * RESERVE);
  }

  #startNext(lane: Lane<R, L>): void {
    let job = lane.due.shift();
    if (!job) {
      const taken = lane.queue.next();
      this.#queued -= taken.length;
      lane.balance();
      job = new Job(lane, taken);
      this.#jobs++;
    }
    this.#lineUp(lane);
    this.#call(job);
  }

  #call(job: Job<R, L>): void {
    const { lane, records } = job;
    const attempt = new Attempt(job, ++job.attempts);
    this.#running++;
    lane.running++;
    let result: unknown;
    try {
      result = this.#parts.handle(records, attempt);
      if (isThenable(result)) return this.#follow(attempt, result);
    } catch (error) {
      const failures = failuresOf(records, error);
      if (this.#end(attempt)) this.#fail(attempt, failures, true);
      return;
    }
    if (this.#end(attempt)) this.#succeed(attempt, result);
  }

  /** Follows a call that takes time. */
  #follow(attempt: Attempt<R, L>, result: PromiseLike<unknown>): void {
    const { job } = attempt;
    job.attempt = attempt;
    job.lane.jobs.add(job);
    this.#timeouts.add(attempt);
    // A lane may have been dropped by what the handler did before it returned.
    if (job.lane.isDropped) {
      this.#abortCall(attempt, job.lane.source.signal.reason);
    }
    Promise.resolve(result).then((value) => {
      if (this.#end(attempt)) this.#succeed(attempt, value);
      this.#pump();
    }, (error) => {
      const failures = failuresOf(job.records, error);
      if (this.#end(attempt)) this.#fail(attempt, failures, true);
      this.#pump();
    });
  }

  /** A call has ended. Returns whether its result matters. */
  #end(attempt: Attempt<R, L>): boolean {
    const { job } = attempt;
    if (attempt.isAbandoned) return false;
    this.#timeouts.delete(attempt);
    this.#graces.delete(attempt);
    this.#freeSlot(attempt);
    if (!job.lane.isDropped) return true;
    this.#leave(job);
    return false;
  }

  #freeSlot({ job }: Attempt<R, L>): void {
    job.attempt = undefined;
    job.lane.running--;
    this.#running--;
  }

  #succeed(attempt: Attempt<R, L>, result: unknown): void {
    const { acknowledge, failuresIn, onError } = this.#parts;
    const { job } = attempt;
    let failures: readonly Failure<R>[];
    try {
      failures = failuresIn(result, job.records);
    } catch (error) {
      this.#leave(job);
      return onError(error);
    }
    if (failures.length === 0) {
      for (const record of job.records) acknowledge(record);
      return this.#settle(job);
    }
    const failed = new Set(failures.map(({ record }) => record));
    for (const record of job.records) {
      if (!failed.has(record)) acknowledge(record);
    }
    this.#fail(attempt, failures, false);
  }

  #fail(
    attempt: Attempt<R, L>,
    failures: readonly Failure<R>[],
    hasThrown: boolean,
  ): void {
    const { job, number } = attempt;
    const { onError, onFailure } = this.#parts;
    const call = {
      attempt: number,
      failures,
      hasThrown,
      wasAlone: job.isAlone,
    };
    let verdict: Verdict<R>;
    try {
      verdict = verdictOn(call, this.#settings);
    } catch (error) {
      this.#leave(job);
      return onError(error);
    }
    const { again, over, isAlone, delayMs } = verdict;
    const isRepeated = again.length > 0 && !this.#isStopped;
    onFailure(attempt, failures, isRepeated ? delayMs : undefined);
    if (isRepeated) job.repeat(again, isAlone);
    const goOn = () =>
      isRepeated ? this.#wait(job, delayMs) : this.#settle(job);
    job.lane.jobs.add(job);
    if (over.length === 0) return goOn();
    job.isBurying = true;
    this.#bury(job, over, number).then(() => {
      job.isBurying = false;
      goOn();
      this.#pump();
    }, (error) => {
      job.isBurying = false;
      this.#leave(job);
      onError(error);
      this.#pump();
    });
  }

  /** Values that are given up are acknowledged each when that is stored. */
  async #bury(
    { lane }: Job<R, L>,
    failures: readonly Failure<R>[],
    attempts: number,
  ): Promise<void> {
    await Promise.all(failures.map(async (failure) => {
      await this.#parts.bury(failure, attempts);
      if (!lane.isDropped) this.#parts.acknowledge(failure.record);
    }));
  }

  /** Waits for the next call. */
  #wait(job: Job<R, L>, delayMs: number): void {
    const { lane } = job;
    if (this.#isStopped || lane.isDropped) return this.#leave(job);
    job.timer = this.#settings.clock.setTimeout(() => {
      job.timer = undefined;
      lane.due.push(job);
      this.#lineUp(lane);
      this.#pump();
    }, delayMs);
  }

  /** The values of a call are settled. */
  #settle(job: Job<R, L>): void {
    const { lane } = job;
    if (this.#isStopped || lane.isDropped || !job.nextAlone()) {
      return this.#leave(job);
    }
    lane.jobs.add(job);
    lane.due.push(job);
    this.#lineUp(lane);
  }

  /** A job is over: its values are processed, or are not to be processed here. */
  #leave(job: Job<R, L>): void {
    const { lane } = job;
    this.#jobs--;
    lane.jobs.delete(job);
    if (lane.isDropped || this.#isStopped) return this.#checkEnd();
    lane.queue.done(job.taken);
    this.#lineUp(lane);
    // With `pump`, a handler that ends at once would start the next one deeper in the stack.
    this.#checkEnd();
  }

  #timeOut(attempt: Attempt<R, L>): void {
    const { timeoutMs } = this.#settings;
    attempt.isLate = true;
    const error = new TimeoutError(
      `The handler has not ended within ${timeoutMs} ms ('timeoutMs')`,
      { timeoutMs },
    );
    this.#abortCall(attempt, error);
    this.#parts.onTimeout(attempt);
  }

  #abortCall(attempt: Attempt<R, L>, reason: unknown): void {
    this.#timeouts.delete(attempt);
    this.#graces.add(attempt);
    attempt.abort(reason);
  }

  #abortCalls(lane: Lane<R, L>, reason: unknown): void {
    for (const { attempt } of [...lane.jobs]) {
      if (attempt) this.#abortCall(attempt, reason);
    }
  }

  /** Waits no longer for a call. Its lane is given up, because its values are not processed. */
  #abandon(attempt: Attempt<R, L>): void {
    const { job } = attempt;
    const { lane } = job;
    attempt.isAbandoned = true;
    this.#freeSlot(attempt);
    this.#leave(job);
    if (!lane.isDropped && attempt.isLate) this.#giveUp(lane, attempt);
    this.#pump();
  }

  #giveUp(lane: Lane<R, L>, attempt: Attempt<R, L>): void {
    const { timeoutMs, graceMs } = this.#settings;
    const error = new TimeoutError(
      `The handler has not ended within ${timeoutMs} ms ('timeoutMs') and ${graceMs} ms more ` +
        "('graceMs')",
      { timeoutMs: timeoutMs + graceMs },
    );
    const isFinal = this.#isEnding && !this.#isStopped;
    this.#parts.onAbandoned(attempt, error, isFinal);
    lane.source.giveUp(error);
    this.#drop(lane, error);
  }

  /** The values of a lane are not processed here any more. */
  #drop(lane: Lane<R, L>, reason: unknown): void {
    if (lane.isDropped) return;
    lane.isDropped = true;
    this.#lanes.delete(lane.source);
    this.#clear(lane);
    this.#abortCalls(lane, reason);
    this.#pump();
  }

  /** Drops what waits in a lane. */
  #clear(lane: Lane<R, L>): void {
    this.#queued -= lane.queue.length;
    lane.queue.clear();
    while (lane.due.shift());
    for (const job of [...lane.jobs]) {
      if (job.attempt || job.isBurying) continue;
      this.#settings.clock.clearTimeout(job.timer);
      this.#leave(job);
    }
  }

  #checkEnd(): void {
    if (!this.#isEnding || this.#jobs > 0 || this.#queued > 0) return;
    this.#timeouts.stop();
    this.#graces.stop();
    this.#room?.resolve();
    this.#ended.resolve();
  }

  *#started(): Generator<readonly [Attempt<R, L>, number]> {
    for (const { items } of [this.#graces, this.#timeouts]) yield* items;
  }
}

function failuresOf<R>(records: readonly R[], error: unknown): Failure<R>[] {
  return records.map((record) => ({ record, error }));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" && value !== null ||
    typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}
