/** What every assertion throws when it does not hold. */
export class AssertionError extends Error {
  /** Makes an error with a message for people. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws an {@linkcode AssertionError}; the caller's own message, if any, follows ours. */
export function refuse(what: string, msg?: string): never {
  throw new AssertionError(msg ? `${what}: ${msg}` : what);
}
