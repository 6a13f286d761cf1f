/**
 * Checks the option `signal`. A function of its own, so that bundles without such an option do not
 * have it.
 *
 * @module
 */
import type { OptionCheck } from "./option_check.ts";

/**
 * The abort signal of the options, or `undefined`.
 *
 * @throws {TypeError} if it is another value
 */
export function signalOption(
  check: OptionCheck,
  { signal }: { signal?: AbortSignal },
): AbortSignal | undefined {
  return check.methods(
    "signal",
    signal,
    "addEventListener",
    "removeEventListener",
  );
}
