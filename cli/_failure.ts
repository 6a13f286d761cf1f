/**
 * Errors that a user can mend, without a stack.
 *
 * @module
 */

/** A command cannot do what it was asked for. */
export class Failure extends Error {
  /** The name of the class. */
  override readonly name = "Failure";
}
