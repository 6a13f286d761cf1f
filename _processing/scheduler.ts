/**
 * Calls a handler for values: many at a time, in the order that is asked for, again after a
 * failure, and each within a time limit.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";
import { onAbort } from "../_core/on_abort.ts";
import { Shares } from "../_core/shares.ts";
import { TimeoutError } from "../errors.ts";
import { type CallEvents, Calls, type CallSettings } from "./calls.ts";
import type { LaneQueue } from "./lane_queue.ts";
import { Overtaken, type OvertakenTest } from "./overtaken.ts";
import { type OutcomeParts, Outcomes } from "./outcomes.ts";
import type { RetrySettings } from "./verdict.ts";
import { type Attempt, Job, Lane, type WorkLane } from "./work.ts";

/** A lane with more than its fair part of the slots leaves this part of them free. */
const RESERVE = 1 / 8;

/** The settings of a {@linkcode Scheduler}. */
export interface SchedulerSettings extends RetrySettings, CallSettings {
  /** Most calls at a time. */
  readonly concurrency: number;
  /** Most values of a lane that wait for a call, or are being given up. */
  readonly lookahead: number;
  /** Most bytes of the values of all lanes that are not settled. Divided by {@linkcode Shares}. */
  readonly lookaheadBytes: number;
  /** Longest time for the values that {@linkcode Scheduler.drain} keeps, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/** What a {@linkcode Scheduler} works with. */
export interface SchedulerParts<R, L extends WorkLane>
  extends OutcomeParts<R, L> {
  /** The number of lanes of the source, with those that have no values now. */
  readonly laneCount: () => number;
  /** Makes the queue of a lane. It calls `onDue` when values are ready without a further one. */
  readonly queue: (onDue: () => void) => LaneQueue<R>;
  /** Which values are overtaken. Absent if no value has to wait for another one to be settled. */
  readonly isOvertaken?: OvertakenTest<R, L>;
  /** The size of a value, in bytes. Always the same for a value. */
  readonly sizeOf: (record: R) => number;
  /** Calls the handler. May throw, or return a promise. */
  readonly handle: CallEvents<R, L>["handle"];
  /** A call has exceeded its time limit. */
  readonly onLate: (attempt: Attempt<R, L>) => void;
  /**
   * A call has not ended within its time limit and the time after it. `isFinal` says that no
   * further value comes, so the source cannot give its values again.
   */
  readonly onAbandoned: (
    attempt: Attempt<R, L>,
    error: TimeoutError,
    isFinal: boolean,
  ) => void;
}

/** Starts calls while there are free slots, and ends when all values are processed. */
export class Scheduler<R, L extends WorkLane> {
  readonly #settings: SchedulerSettings;
  readonly #parts: SchedulerParts<R, L>;
  readonly #calls: Calls<R, L>;
  readonly #lanes = new Map<L, Lane<R, L>>();
  /** Lanes that can start a call, in the order of their turns. */
  readonly #line = new Deque<Lane<R, L>>();
  readonly #bytes: Shares;
  readonly #overtaken: Overtaken<R, L>;
  readonly #ended = deferred<void>();
  #room: Deferred<void> | undefined;
  /** Jobs that are not settled. */
  #jobs = 0;
  /** Values in the queues of all lanes. */
  #queued = 0;
  #isPumping = false;
  /** Its bytes are weighed once, after its handlers that end at once have ended. */
  #accepting: Lane<R, L> | undefined;
  /** Whether no further value comes. */
  #isEnding = false;
  /** Whether no further value is accepted. */
  #isDraining = false;
  /** Whether no further call starts. */
  #isStopped = false;
  /** The timer that ends the draining. */
  #drained: unknown;
  /** The timer that ends the wait for what does not end by itself. */
  #backstop: unknown;

  /** Starts without values. */
  constructor(settings: SchedulerSettings, parts: SchedulerParts<R, L>) {
    this.#settings = settings;
    this.#parts = parts;
    this.#bytes = new Shares(settings.lookaheadBytes);
    this.#overtaken = new Overtaken(parts.isOvertaken);
    const { handle, onLate: late } = parts;
    const outcomes = new Outcomes(settings, parts, {
      due: (job) => this.#onDue(job),
      over: (job) => this.#leave(job),
      isStopped: (job) =>
        this.#isStopped ||
        (this.#isDraining || job.lane.isDraining) && !this.#overtaken.has(job),
    });
    this.#calls = new Calls(settings, {
      handle,
      late,
      returned: (attempt, result) => outcomes.returned(attempt, result),
      threw: (attempt, error) => outcomes.threw(attempt, error),
      abandoned: (attempt) => this.#onAbandoned(attempt),
    });
  }

  /** Whether no further value is accepted. */
  get isStopped(): boolean {
    return this.#isStopped || this.#isDraining;
  }

  /** Whether a call for a further value can start. */
  get hasRoom(): boolean {
    return !this.isStopped && this.#hasSlot;
  }

  /** Values that wait for their first call. */
  get queued(): number {
    return this.#queued;
  }

  /** Jobs without a call under way: they wait for the next one, or their values are given up. */
  get waiting(): number {
    return this.#jobs - this.#calls.running;
  }

  /** The bytes of the values that are not settled. 0 when the scheduler is stopped. */
  get unsettledBytes(): number {
    return this.#bytes.used;
  }

  /** The calls under way that take time. */
  get calls(): Iterable<Attempt<R, L>> {
    return this.#calls;
  }

  /** Resolves when no further value comes and none is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when a call can start, or at the end. */
  room(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    this.#room ??= deferred();
    return this.#room.promise;
  }

  /** Takes a value. Does nothing once the scheduler is stopped. */
  accept(record: R, source: L): void {
    if (this.isStopped || source.signal.aborted) return;
    const lane = this.#lanes.get(source) ?? this.#addLane(source);
    // The record was taken before the draining began. No later value can have overtaken it.
    if (lane.isDraining) return this.#settleIfDrained(lane);
    lane.queue.add(record);
    this.#queued++;
    lane.bytes += this.#parts.sizeOf(record);
    lane.balance();
    this.#lineUp(lane);
    this.#accepting = lane;
    this.#pump();
    this.#accepting = undefined;
    lane.weigh();
    // A batch that cannot become full is ready now.
    if (lane.inLine || !lane.hasNext) return;
    this.#lineUp(lane);
    this.#pump();
  }

  /** Notes that no further value comes. */
  finish(): void {
    this.#isEnding = true;
    for (const lane of this.#lanes.values()) {
      lane.queue.flush();
      this.#lineUp(lane);
    }
    this.#pump();
  }

  /**
   * Accepts no further value, and drops the values that wait, except those that a later value has
   * overtaken: its call has begun or ended before theirs. Until they are settled, the progress of
   * their lane cannot include the later value. Goes on like {@linkcode Scheduler.stop} when they are settled, or after `drainTimeoutMs`.
   */
  drain(): void {
    const { clock, drainTimeoutMs } = this.#settings;
    if (this.isStopped) return;
    if (drainTimeoutMs === 0) return this.stop();
    this.#isEnding = true;
    this.#isDraining = true;
    this.#drained = clock.setTimeout(() => this.stop(), drainTimeoutMs);
    for (const lane of this.#lanes.values()) this.#retainOvertaken(lane);
    this.#releaseRoom();
    this.#pump();
  }

  /**
   * Starts no further call, and drops the values that wait. Ends when the calls have ended and the
   * values that are being given up are stored, at the latest after the time that a call may take.
   */
  stop(): void {
    const { timeoutMs, graceMs } = this.#settings;
    this.#isEnding = true;
    this.#isStopped = true;
    this.#settings.clock.clearTimeout(this.#drained);
    for (const lane of this.#lanes.values()) this.#clear(lane);
    this.#endIn(timeoutMs + graceMs);
  }

  /** Like {@linkcode Scheduler.stop}, and tells the calls under way to stop. */
  abort(reason: unknown): void {
    this.stop();
    for (const lane of this.#lanes.values()) this.#calls.abort(lane, reason);
    this.#endIn(this.#settings.graceMs);
  }

  /** Drops the waiting values of a lane, except those that a later value has overtaken. */
  #retainOvertaken(lane: Lane<R, L>): void {
    this.#queued -= lane.queue.length;
    this.#overtaken.retain(lane);
    this.#queued += lane.queue.length;
    this.#dropWaiting(lane, (job) => !this.#overtaken.has(job));
    lane.queue.flush();
    this.#lineUp(lane);
  }

  /** The lane is to be moved: processes only what a later value has overtaken. */
  #drainLane(lane: Lane<R, L>): void {
    if (lane.isDropped) return;
    lane.isDraining = true;
    this.#retainOvertaken(lane);
    this.#pump();
    this.#settleIfDrained(lane);
  }

  #settleIfDrained(lane: Lane<R, L>): void {
    const isDrained = lane.isDraining && lane.running === 0 &&
      lane.queue.length === 0 &&
      ![...lane.jobs].some(({ isBurying }) => isBurying) &&
      !this.#overtaken.isIn([lane]);
    if (isDrained) lane.source.settle?.();
  }

  #addLane(source: L): Lane<R, L> {
    const queue = this.#parts.queue(() => {
      this.#lineUp(lane);
      this.#pump();
    });
    const { lookahead } = this.#settings;
    // A shard that answers first must not use up the room of those that answer next.
    this.#bytes.expect(this.#parts.laneCount());
    const lane = new Lane<R, L>(source, queue, lookahead, this.#bytes.join());
    this.#lanes.set(source, lane);
    onAbort(source.signal, () => this.#drop(lane, source.signal.reason));
    onAbort(source.draining, () => this.#drainLane(lane));
    return lane;
  }

  #lineUp(lane: Lane<R, L>): void {
    if (lane.inLine || lane.isDropped || !lane.hasNext) return;
    lane.inLine = true;
    this.#line.push(lane);
  }

  /**
   * Starts calls while slots are free. A handler that ends at once does not start the next call by
   * itself.
   */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    let overfull: Lane<R, L>[] | undefined;
    while (this.#hasSlot && !this.#isStopped) {
      const lane = this.#line.shift();
      if (!lane) break;
      lane.inLine = false;
      if (!this.#mayStart(lane)) (overfull ??= []).push(lane);
      else if (lane.hasNext) this.#startNext(lane);
    }
    if (overfull) { for (const lane of overfull) this.#lineUp(lane); }
    this.#isPumping = false;
    if (this.hasRoom) this.#releaseRoom();
    this.#stopIfDrained();
    this.#checkEnd();
  }

  get #hasSlot(): boolean {
    return this.#calls.running < this.#settings.concurrency;
  }

  #releaseRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Stops when no value is overtaken any more. */
  #stopIfDrained(): void {
    const isDrained = this.#isDraining && !this.#isStopped &&
      this.#queued === 0 && !this.#overtaken.isIn(this.#lanes.values());
    if (isDrained) this.stop();
  }

  /** Leaves slots to other lanes, because the handlers of one lane may hang. */
  #mayStart({ running }: Lane<R, L>): boolean {
    const { concurrency } = this.#settings;
    const lanes = this.#parts.laneCount();
    return lanes < 2 || running < concurrency / lanes ||
      concurrency - this.#calls.running > Math.ceil(concurrency * RESERVE);
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
    this.#calls.start(job);
  }

  /** The next call of a job is due. */
  #onDue(job: Job<R, L>): void {
    const { lane } = job;
    lane.jobs.add(job);
    lane.due.push(job);
    this.#lineUp(lane);
    this.#pump();
  }

  /**
   * Removes a job whose values are processed, or are not processed here any more. A second call
   * does nothing.
   */
  #leave(job: Job<R, L>): void {
    const { lane } = job;
    if (job.isOver) return;
    job.isOver = true;
    job.noteFailed(0);
    this.#jobs--;
    if (lane.jobs.size > 0) lane.jobs.delete(job);
    if (!lane.isDropped && !this.#isStopped) {
      lane.queue.done(job.taken);
      for (const record of job.taken) lane.bytes -= this.#parts.sizeOf(record);
      if (lane !== this.#accepting) lane.weigh();
      this.#lineUp(lane);
    }
    this.#pump();
    if (lane.isDraining) this.#settleIfDrained(lane);
  }

  /** The values of the call are not processed, so its lane is given up. */
  #onAbandoned(attempt: Attempt<R, L>): void {
    const { timeoutMs, graceMs } = this.#settings;
    const { job, isLate } = attempt;
    const error = new TimeoutError(
      isLate
        ? `The handler has not ended within ${timeoutMs} ms ('timeoutMs') and ${graceMs} ms more ` +
          "('graceMs')"
        : `The handler has not ended within ${graceMs} ms ('graceMs') after its signal was aborted`,
      { timeoutMs: isLate ? timeoutMs + graceMs : graceMs },
    );
    this.#parts.onEnd?.(attempt, job.records.length, error);
    if (!job.lane.isDropped && isLate) this.#giveUp(attempt, error);
    this.#leave(job);
  }

  #giveUp(attempt: Attempt<R, L>, error: TimeoutError): void {
    const { lane } = attempt.job;
    const isFinal = this.#isEnding && !this.#isStopped;
    this.#parts.onAbandoned(attempt, error, isFinal);
    if (lane.source.giveUp(error) !== "keep") this.#drop(lane, error);
  }

  /** The values of a lane are not processed here any more. */
  #drop(lane: Lane<R, L>, reason: unknown): void {
    if (lane.isDropped) return;
    lane.isDropped = true;
    this.#lanes.delete(lane.source);
    this.#bytes.expect(this.#parts.laneCount());
    this.#clear(lane);
    this.#calls.abort(lane, reason);
    this.#pump();
  }

  /** Drops the waiting values of a lane. */
  #clear(lane: Lane<R, L>): void {
    this.#queued -= lane.queue.length;
    lane.clear();
    this.#dropWaiting(lane);
  }

  /** Drops jobs of a lane that wait for their next call. */
  #dropWaiting(
    lane: Lane<R, L>,
    isDropped: (job: Job<R, L>) => boolean = () => true,
  ): void {
    for (const job of [...lane.jobs]) {
      if (job.attempt || job.isBurying || !isDropped(job)) continue;
      this.#settings.clock.clearTimeout(job.timer);
      this.#leave(job);
    }
  }

  #checkEnd(): void {
    if (this.#isEnding && this.#jobs === 0 && this.#queued === 0) this.#end();
  }

  /** Ends after this time at the latest. */
  #endIn(ms: number): void {
    const { clock } = this.#settings;
    clock.clearTimeout(this.#backstop);
    this.#backstop = ms === Infinity
      ? undefined
      : clock.setTimeout(() => this.#end(), ms);
    this.#checkEnd();
  }

  #end(): void {
    this.#calls.stop();
    this.#settings.clock.clearTimeout(this.#backstop);
    this.#settings.clock.clearTimeout(this.#drained);
    this.#releaseRoom();
    this.#ended.resolve();
  }
}
