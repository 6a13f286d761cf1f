/** Stand-in for `@std/assert`: the functions that this project uses, with the same signatures and behaviour. */

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any
type Constructor<T> = abstract new (...args: any[]) => T;

function fail(what: string, msg: string | undefined): never {
  throw new AssertionError(msg ? `${what}: ${msg}` : what);
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 10, sorted: true });
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) {
    return equal([...a as Set<unknown>], [...b as Set<unknown>]);
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      equal(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
      )
    );
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    fail(`Values are not equal: ${show(actual)} and ${show(expected)}`, msg);
  }
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail(`Values are not the same: ${show(actual)}, ${show(expected)}`, msg);
  }
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) fail(`Expected ${actual} > ${expected}`, msg);
}

export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual >= expected)) fail(`Expected ${actual} >= ${expected}`, msg);
}

export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    fail(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
  }
}

export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Constructor<T>,
  msg?: string,
): asserts actual is T {
  if (!(actual instanceof expectedType)) {
    fail(`Expected ${show(actual)} to be a ${expectedType.name}`, msg);
  }
}

function check<E extends Error>(
  error: unknown,
  ErrorClass: Constructor<E>,
  msgIncludes: string | undefined,
  msg: string | undefined,
): E {
  assertInstanceOf(error, ErrorClass, msg);
  if (msgIncludes) assertStringIncludes(error.message, msgIncludes, msg);
  return error;
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E> = Error as unknown as Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return check(error, ErrorClass, msgIncludes, msg);
  }
  fail("Expected function to throw", msg);
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E> = Error as unknown as Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return check(error, ErrorClass, msgIncludes, msg);
  }
  fail("Expected function to reject", msg);
}
