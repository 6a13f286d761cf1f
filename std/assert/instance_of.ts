import { refuse } from "./assertion_error.ts";

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any -- InstanceType asks for it
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const found = typeof actual === "object" && actual !== null
    ? `an instance of ${actual.constructor?.name ?? "Object"}`
    : actual === null
    ? "null"
    : `of type ${typeof actual}`;
  refuse(
    `The value is not an instance of ${expectedType.name}: it is ${found}`,
    msg,
  );
}
