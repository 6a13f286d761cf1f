/**
 * Error messages for the terminal.
 *
 * @module
 */

/** The message of an error in one line. Errors of the library say what failed and how to fix it. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, " ");
}
