import { refuse } from "./assertion_error.ts";

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** A class of errors. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What the arguments behind the function of `assertThrows` and `assertRejects` ask for. */
export interface Expected<E extends Error> {
  readonly errorClass?: ErrorClass<E>;
  readonly msgIncludes?: string;
  readonly msg?: string;
}

/** Tells the two overloads apart. */
export function expectedError<E extends Error>(
  errorClassOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Expected<E> {
  return typeof errorClassOrMsg === "string"
    ? { msg: errorClassOrMsg }
    : { errorClass: errorClassOrMsg, msgIncludes, msg };
}

/** Asserts that what was thrown is what is expected. */
export function checkError<E extends Error>(
  error: unknown,
  { errorClass, msgIncludes, msg }: Expected<E>,
): void {
  if (!errorClass) return;
  if (!(error instanceof Error)) {
    refuse(`Something was thrown that is not an Error: ${String(error)}`, msg);
  }
  if (!(error instanceof errorClass)) {
    refuse(
      `The error is not an instance of ${errorClass.name}: it is ${error.constructor?.name} "${error.message}"`,
      msg,
    );
  }
  if (
    msgIncludes && !withoutColours(error.message).includes(
      withoutColours(msgIncludes),
    )
  ) {
    refuse(
      `The error's message does not contain "${msgIncludes}": it is "${error.message}"`,
      msg,
    );
  }
}

/** Messages are compared as they read, whatever colours they have on a terminal. */
function withoutColours(text: string): string {
  return text.replaceAll(COLOURS, "");
}
