/**
 * The codes of errors, as labels and attributes.
 *
 * @module
 */

/** The code of an error: there are few of them, and no text of the user. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" && name !== "" ? name : "Error";
}

/** The outcome of what failed with an error: `ok` without one. */
export function outcomeOf(error: unknown): string {
  return error === undefined ? "ok" : codeOf(error);
}
