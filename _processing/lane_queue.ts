/**
 * The interface of the queue of a lane.
 *
 * @module
 */

/**
 * The values of one lane that wait for a handler. A queue gives out what one call of the handler
 * gets, and holds back values whose predecessors are not processed.
 */
export interface LaneQueue<R> {
  /** The number of values. */
  readonly length: number;
  /** Whether {@linkcode LaneQueue.next} gives values now. */
  readonly hasNext: boolean;
  /** Adds a value at the end. */
  add(record: R): void;
  /** Removes the values for one call. Call it only if `hasNext`. */
  next(): readonly R[];
  /** Notes that the values of one `next` are processed: later values of their keys are free. */
  done(taken: readonly R[]): void;
  /** Notes that no further value comes, so no batch waits for more values. */
  flush(): void;
  /** Notes whether no further value comes for now, so that no batch waits for more values. */
  hurry(isHurried: boolean): void;
  /** Drops the values for which `keep` is false. The others stay in order. */
  retain(keep: (record: R) => boolean): void;
  /** Drops all values. */
  clear(): void;
}

/**
 * Gives the key of a value; values of one key are processed in order. `undefined`, or a value without
 * a key: no order.
 */
export type KeyOf<R> = ((record: R) => string | undefined) | undefined;
