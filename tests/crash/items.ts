/**
 * The values of the stream.
 *
 * @module
 */

/** The stream that is read. */
export const STREAM = "crash";

/** A value. */
export interface Item {
  readonly key: string;
  /** Counts the values of the key, from 0, in the order of writing. */
  readonly n: number;
}
