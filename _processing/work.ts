/**
 * What is processed: a lane is a part of the source, such as a shard; a job is values of a lane
 * that the handler gets in one call; an attempt is such a call.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import type { Share } from "../_core/shares.ts";
import type { LaneQueue } from "./lane_queue.ts";

/** A lane as the source knows it. */
export interface WorkLane {
  /** Aborts when the values of the lane must no longer be processed here. */
  readonly signal: AbortSignal;
  /** Aborts when the source gives no further value of the lane, because it is to be moved. */
  readonly draining?: AbortSignal;
  /** While a lane is held, the source gives no value of it. */
  hold(isHeld: boolean): void;
  /**
   * After `draining` has aborted: the values of the lane that are not settled are not processed
   * here.
   */
  settle?(): void;
  /**
   * A handler does not end, so the values of the lane have to be processed elsewhere. With `"keep"`,
   * only those of the call are given up, and the lane goes on.
   */
  giveUp(reason: Error): void | "keep";
}

/** A lane with its values and jobs. */
export class Lane<R, L extends WorkLane> {
  /** The lane of the source. */
  readonly source: L;
  /** Values that wait for the handler. */
  readonly queue: LaneQueue<R>;
  /** Jobs whose next call is due. */
  readonly due = new Deque<Job<R, L>>();
  /** Jobs that take time: a call is under way, or waited for, or values are being given up. */
  readonly jobs = new Set<Job<R, L>>();
  /** Values whose last call has failed: they wait for the next one, or are being given up. */
  failed = 0;
  /** The bytes of the values that are not settled. Call {@linkcode Lane.weigh} after a change. */
  bytes = 0;
  /** Calls under way. */
  running = 0;
  /** Whether the lane stands in the line for a free slot. */
  inLine = false;
  /** Whether only the values that a later value has overtaken are still processed. */
  isDraining = false;
  /** Whether its values are not processed here any more. */
  isDropped = false;
  /** Why its calls have to stop, if they have to. */
  abortion: { readonly reason: unknown } | undefined;
  readonly #limit: number;
  readonly #share: Share;
  /** Whether too many values wait. */
  #isFull = false;
  /** Whether the values that are not settled have too many bytes. */
  #isHeavy = false;

  /**
   * Holds the source while `limit` values wait, and while the bytes of the values that are not
   * settled use up the room of `share`.
   */
  constructor(source: L, queue: LaneQueue<R>, limit: number, share: Share) {
    this.source = source;
    this.queue = queue;
    this.#limit = limit;
    this.#share = share;
  }

  /** Whether a call could start now. */
  get hasNext(): boolean {
    return this.due.length > 0 || this.queue.hasNext;
  }

  /** Holds the source if too many values wait, and lets it go on when half of them are gone. */
  balance(): void {
    if (this.isDropped) return;
    const length = this.queue.length + this.failed;
    const isFull = length >= this.#limit ||
      this.#isFull && length > this.#limit / 2;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    if (!this.#isHeavy) this.source.hold(isFull);
  }

  /**
   * Holds the source if the bytes use up the room, and lets it go on when as much is free as is
   * used. A lane without values is never held, so values of any size get through.
   */
  weigh(): void {
    const share = this.#share;
    const difference = this.bytes - share.used;
    if (difference === 0) return;
    share.adjust(difference);
    if (difference < 0 && !this.#isHeavy) return;
    const { room, used } = share;
    const isHeavy = used > 0 && room < (this.#isHeavy ? used : 1);
    if (isHeavy === this.#isHeavy || this.isDropped) return;
    this.#isHeavy = isHeavy;
    this.queue.hurry(isHeavy);
    if (!this.#isFull) this.source.hold(isHeavy);
  }

  /** Drops the waiting values. The bytes of all values count no more, and no further value comes. */
  clear(): void {
    this.queue.clear();
    while (this.due.shift());
    this.#share.leave();
  }
}

/** Values that are processed together, until each of them is settled. */
export class Job<R, L extends WorkLane> {
  /** The lane of all values. */
  readonly lane: Lane<R, L>;
  /** The values that the queue gave. Their successors wait for them. */
  readonly taken: readonly R[];
  /** The number of calls so far. */
  attempts = 0;
  /** The call under way, if there is one. */
  attempt: Attempt<R, L> | undefined;
  /** The timer of the next call, if the last one has failed. */
  timer: unknown;
  /** Whether its values are processed, or are not to be processed here. */
  isOver = false;
  /** Whether values of it are being given up. */
  isBurying = false;
  #failed = 0;
  #records: readonly R[];
  /** Values that get a call alone, after that of `records`. */
  #rest: R[] | undefined;

  constructor(lane: Lane<R, L>, taken: readonly R[]) {
    this.lane = lane;
    this.taken = taken;
    this.#records = taken;
  }

  /** The values of the next call, or of that under way. */
  get records(): readonly R[] {
    return this.#records;
  }

  /** Whether each value gets its last call alone. */
  get isAlone(): boolean {
    return this.#rest !== undefined;
  }

  /** Notes how many values the last call has left unprocessed. 0 while a call is under way. */
  noteFailed(count: number): void {
    if (count === this.#failed) return;
    this.lane.failed += count - this.#failed;
    this.#failed = count;
    this.lane.balance();
  }

  /** The next call is for these values, or for each of them alone. */
  repeat(records: readonly R[], isAlone: boolean): void {
    const [first, ...rest] = records;
    this.#records = isAlone ? [first!] : records;
    if (isAlone) this.#rest = rest;
  }

  /** Goes on to the next value that gets a call alone. Returns false if there is none. */
  nextAlone(): boolean {
    const next = this.#rest?.shift();
    if (next === undefined) return false;
    this.#records = [next];
    // The number of the call is the same for all of these values.
    this.attempts--;
    return true;
  }
}

/** One call of the handler. */
export class Attempt<R, L extends WorkLane> {
  /** What is processed. */
  readonly job: Job<R, L>;
  /** The number of the call, from 1. */
  readonly number: number;
  /** When the handler was called, in milliseconds of the monotonic clock. -1 if not measured. */
  calledAt = -1;
  /** When the handler returned its promise, in milliseconds of the monotonic clock. */
  startedAt = 0;
  /** Whether it has exceeded its time limit. */
  isLate = false;
  /** Whether it is waited for no longer, and its result is ignored. */
  isAbandoned = false;
  // Made late: most handlers do not ask for the signal.
  #controller: AbortController | undefined;
  #abortion: { readonly reason: unknown } | undefined;

  constructor(job: Job<R, L>, number: number) {
    this.job = job;
    this.number = number;
  }

  /** Aborts when the result of the call is of no more use. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortion) this.#controller.abort(this.#abortion.reason);
    }
    return this.#controller.signal;
  }

  /**
   * Why the handler was told to stop, if it listens: it may have returned for that reason, without
   * having processed its values. A handler that has never asked for the signal cannot know.
   */
  get heardStop(): { readonly reason: unknown } | undefined {
    return this.#controller && this.#abortion;
  }

  /** Tells the handler to stop. A second call does nothing. */
  abort(reason: unknown): void {
    if (this.#abortion) return;
    this.#abortion = { reason };
    this.#controller?.abort(reason);
  }
}
