/**
 * What the parent tells a process to do.
 *
 * @module
 */

/**
 * The exit code of a process that has read to the end and could not store its progress in time, as
 * on a machine under load. The next process repeats what is not stored.
 */
export const NOT_STORED = 3;

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
  /** How many times as fast as real time the clock of the consumers runs. */
  readonly speed: number;
  /** Whether the process ends when it has read everything. */
  readonly isLast: boolean;
}
