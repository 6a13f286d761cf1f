import { refuse } from "./assertion_error.ts";

/** Fails, whatever happened. */
export function fail(msg?: string): never {
  refuse("Failed", msg);
}

/** Fails because a line was reached that never should be. */
export function unreachable(msg?: string): never {
  refuse("Reached what should be unreachable", msg);
}
