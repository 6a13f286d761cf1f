/**
 * Errors for people.
 *
 * @module
 */

/** The message of an error in one line; the errors of the library say what failed and what to do. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, " ");
}
