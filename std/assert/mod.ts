/** Thrown by every assertion of this module. */
export class AssertionError extends Error {
  override readonly name: string = "AssertionError";
}

function fail(what: string, msg?: string): never {
  throw new AssertionError(msg ? `${what}: ${msg}` : what);
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 20, iterableLimit: 50, sorted: true });
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) fail("Expected a truthy value", msg);
}

export function assertFalse(
  expr: unknown,
  msg = "",
): asserts expr is false | 0 | "" | null | undefined {
  if (expr) fail("Expected a falsy value", msg);
}

export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) {
    const plain = (o: object) =>
      [Object.prototype, null].includes(Object.getPrototypeOf(o));
    if (!plain(a) || !plain(b)) return false;
  }
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Uint8Array) {
    const other = b as Uint8Array;
    return a.length === other.length && a.every((x, i) => x === other[i]);
  }
  if (a instanceof Map) {
    const other = b as Map<unknown, unknown>;
    return a.size === other.size &&
      [...a].every(([k, v]) => other.has(k) && equal(v, other.get(k)));
  }
  if (a instanceof Set) {
    const other = b as Set<unknown>;
    return a.size === other.size &&
      [...a].every((v) => [...other].some((w) => equal(v, w)));
  }
  if (a instanceof Error && a.message !== (b as Error).message) return false;
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) =>
      key in b && equal(Reflect.get(a, key), Reflect.get(b, key))
    );
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    fail(`Values differ\n  ${show(actual)}\n  ${show(expected)}`, msg);
  }
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) fail(`Values are equal: ${show(actual)}`, msg);
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail(`Values are not the same: ${show(actual)} ${show(expected)}`, msg);
  }
}

// deno-lint-ignore no-explicit-any
type AnyClass = abstract new (...args: any[]) => any;

export function assertInstanceOf<T extends AnyClass>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expected)) {
    fail(`Expected an instance of ${expected.name}: ${show(actual)}`, msg);
  }
}

export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) fail("Expected a value", msg);
}

export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) fail(`"${actual}" !~ ${expected}`, msg);
}

export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    fail(`Expected "${actual}" to contain "${expected}"`, msg);
  }
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Math.max(Math.abs(expected) * 1e-7, 1e-7),
  msg?: string,
): void {
  if (
    !Object.is(actual, expected) && !(Math.abs(actual - expected) <= tolerance)
  ) {
    fail(`${actual} is not within ${tolerance} of ${expected}`, msg);
  }
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) fail(`${actual} > ${expected} is false`, msg);
}

export function assertGreaterOrEqual<T>(a: T, b: T, msg?: string): void {
  if (!(a >= b)) fail(`${a} >= ${b} is false`, msg);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) fail(`${actual} < ${expected} is false`, msg);
}

export function assertLessOrEqual<T>(a: T, b: T, msg?: string): void {
  if (!(a <= b)) fail(`${a} <= ${b} is false`, msg);
}

function checkError<E extends Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E {
  if (!(error instanceof Error)) fail(`Not an Error: ${show(error)}`, msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    fail(`Expected ${ErrorClass.name}, got ${show(error)}`, msg);
  }
  if (msgIncludes && !error.message.includes(msgIncludes)) {
    fail(`Expected "${error.message}" to contain "${msgIncludes}"`, msg);
  }
  return error as E;
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  fail("Expected function to throw", msg);
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  fail("Expected function to reject", msg);
}

export function unreachable(reason?: string): never {
  fail("Unreachable", reason);
}
