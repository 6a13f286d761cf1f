/**
 * Values that a handler gets in one call, and the calls.
 *
 * @module
 */
import type { Lane, WorkLane } from "./lane.ts";

/** Values that are processed together, until each of them is settled. */
export class Job<R, L extends WorkLane> {
  /** The lane of all values. */
  readonly lane: Lane<R, L>;
  /** The values that the queue gave. Their successors wait for them. */
  readonly taken: readonly R[];
  /** Those of them that are not settled. */
  records: readonly R[];
  /** The number of calls so far. */
  attempts = 0;
  /** The call under way, if there is one. */
  attempt: Attempt<R, L> | undefined;
  /** The timer of the next call, if the last one has failed. */
  timer: unknown;
  /** Whether values of it are being given up. */
  isBurying = false;

  constructor(lane: Lane<R, L>, taken: readonly R[]) {
    this.lane = lane;
    this.taken = taken;
    this.records = taken;
  }
}

/** One call of the handler. */
export class Attempt<R, L extends WorkLane> {
  /** What is processed. */
  readonly job: Job<R, L>;
  /** The number of the call, from 1. */
  readonly number: number;
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

  /** Tells the handler to stop. A second call does nothing. */
  abort(reason: unknown): void {
    if (this.#abortion) return;
    this.#abortion = { reason };
    this.#controller?.abort(reason);
  }
}
