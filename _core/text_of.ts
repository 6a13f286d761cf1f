/**
 * The text of any value, for messages.
 *
 * @module
 */

/** Like `String(value)`, but never throws: some objects have no text, such as `Object.create(null)`. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "a value that has no text";
  }
}
