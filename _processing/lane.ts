/**
 * A part of the source whose values lose their meaning together, such as the shard of a stream.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import type { Job } from "./job.ts";
import type { LaneQueue } from "./lane_queue.ts";

/** A lane as the source knows it. */
export interface WorkLane {
  /** Aborts when the values of the lane must no longer be processed here. */
  readonly signal: AbortSignal;
  /** While a lane is held, the source gives no value of it. */
  hold(isHeld: boolean): void;
  /** A handler does not end, so the values of the lane have to be processed elsewhere. */
  giveUp(reason: Error): void;
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
  /** Calls under way. */
  running = 0;
  /** Whether the lane stands in the line for a free slot. */
  inLine = false;
  /** Whether its signal has aborted. */
  isDropped = false;
  readonly #limit: number;
  #isHeld = false;

  /** Holds the source while `limit` values wait. */
  constructor(source: L, queue: LaneQueue<R>, limit: number) {
    this.source = source;
    this.queue = queue;
    this.#limit = limit;
  }

  /** Whether a call could start now. */
  get hasNext(): boolean {
    return this.due.length > 0 || this.queue.hasNext;
  }

  /** Holds the source if too many values wait, and lets it go on when half of them are gone. */
  balance(): void {
    const { length } = this.queue;
    const isHeld = length >= this.#limit ||
      this.#isHeld && length > this.#limit / 2;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.source.hold(isHeld);
  }
}
