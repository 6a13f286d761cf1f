/**
 * Errors that a user can mend, without a stack.
 *
 * @module
 */

/** A command cannot do what it was asked for. */
export class Failure extends Error {
  /** The name of the class. */
  override readonly name: string = "Failure";
}

/** A command was called with arguments that do not fit together. */
export class WrongUsage extends Failure {
  /** The name of the class. */
  override readonly name: string = "WrongUsage";
}

/** The program that reads the output has gone, as `head` goes. */
export class ReaderGone extends Error {
  /** The name of the class. */
  override readonly name: string = "ReaderGone";
}
