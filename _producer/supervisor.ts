/**
 * The methods of the producer that its stages call.
 *
 * @module
 */

/** The producer as its stages see it. */
export interface Supervisor {
  /** Looks for work: room for a writer, a flush that is complete, a batch that may be sent. */
  wake(): void;
  /** Ends the producer, because nothing can be delivered any more. */
  fail(cause: unknown): void;
}
