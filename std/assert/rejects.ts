import { refuse } from "./assertion_error.ts";
import {
  checkError,
  type ErrorClass,
  expectedError,
} from "./expected_error.ts";

/** Asserts that a function returns a promise that rejects; resolves with the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that a function returns a promise that rejects with an instance of a class whose message contains a text; resolves with the error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = expectedError(errorClassOrMsg, msgIncludes, msg);
  const promise = start(fn, expected.msg);
  try {
    await promise;
  } catch (error) {
    checkError(error, expected);
    return error;
  }
  refuse("The promise did not reject", expected.msg);
}

/** A function that throws before it returns a promise does not reject: its callers' `catch` handlers would never see it. */
function start(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): PromiseLike<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    refuse(`The function threw and did not reject: ${String(error)}`, msg);
  }
  if (typeof promise !== "object" || typeof promise?.then !== "function") {
    refuse("The function did not return a promise", msg);
  }
  return promise;
}
