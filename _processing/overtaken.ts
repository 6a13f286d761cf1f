/**
 * Values that later values of their lane have overtaken: the later call has begun or ended first.
 * The progress of a lane cannot include the later value before the earlier one is settled.
 *
 * @module
 */
import type { Job, Lane, WorkLane } from "./work.ts";

/**
 * Tests which values of a lane come before a value that is settled, or in one of the calls.
 */
export type OvertakenTest<R, L extends WorkLane> = (
  source: L,
  calls: readonly Job<R, L>[],
) => (record: R) => boolean;

/** Finds overtaken values. */
export class Overtaken<R, L extends WorkLane> {
  readonly #test: OvertakenTest<R, L>;

  /** Without a test, no value has to wait for another one to be settled. */
  constructor(test: OvertakenTest<R, L> = () => () => false) {
    this.#test = test;
  }

  /** Drops the waiting values of a lane that no later value has overtaken. */
  retain(lane: Lane<R, L>): void {
    const calls = [...lane.jobs].filter(({ attempt }) => attempt);
    lane.queue.retain(this.#test(lane.source, calls));
  }

  /** Whether a value of the job is overtaken. */
  has(job: Job<R, L>): boolean {
    const { lane } = job;
    const others = [...lane.jobs].filter((it) => it !== job && it.attempt);
    return job.records.some(this.#test(lane.source, others));
  }

  /** Whether a value of a job of these lanes is overtaken. */
  isIn(lanes: Iterable<Lane<R, L>>): boolean {
    for (const { jobs } of lanes) {
      for (const job of jobs) if (this.has(job)) return true;
    }
    return false;
  }
}
