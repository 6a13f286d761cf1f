import { refuse } from "./assertion_error.ts";
import { withDiff } from "./equals.ts";
import { format } from "./format.ts";

/** Asserts that two values are the same by `Object.is`: the same object, or the same primitive (`0` is not `-0`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const text = format(actual);
  if (text === format(expected)) {
    refuse(
      "Values have the same structure and are not the same object",
      `${msg ?? ""}\n\n${text}\n`,
    );
  }
  refuse("Values are not strictly equal", withDiff(actual, expected, msg));
}
