/**
 * What the parent tells a process to do.
 *
 * @module
 */

/** The job of one process, until it is killed or has read to the end. */
export interface Job {
  /** The base URL of the Kinesis. */
  readonly endpoint: string;
  /** Has the checkpoints, the logs and the database. */
  readonly folder: string;
  /** Counts the processes, from 1. */
  readonly life: number;
  /** The names of the ways to read. */
  readonly ways: readonly string[];
  /** The way whose values go into the database as well. */
  readonly tableOf: string;
  readonly workerId: string;
  readonly seed: number;
  readonly checkpointIntervalMs: number;
  readonly failoverTimeMs: number;
  /** Whether the process ends when it has read everything. */
  readonly isLast: boolean;
}
