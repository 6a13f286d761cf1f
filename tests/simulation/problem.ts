/**
 * A rule that a run has broken.
 *
 * @module
 */

/** A broken rule. `rule` is the same for the same kind of failure, and `what` tells the details. */
export interface Problem {
  readonly rule: string;
  readonly what: string;
  /** When it happened, in milliseconds of virtual time. */
  readonly at: number;
}

/** Adds a broken rule. Without a time: at the end of the run. */
export type Add = (rule: string, what: string, at?: number) => void;
