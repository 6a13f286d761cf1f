/**
 * The text of any value, for messages.
 *
 * @module
 */

/** The longest text of an object without a text of its own, in UTF-16 units. */
const LONGEST = 200;

/**
 * Like `String(value)`, but never throws: some objects have no text, such as `Object.create(null)`.
 * Some libraries throw plain objects: their `message` is the text, or their start as JSON.
 */
export function textOf(value: unknown): string {
  try {
    const text = String(value);
    return text === "[object Object]" ? textOfObject(value as object) : text;
  } catch {
    return "a value that has no text";
  }
}

function textOfObject(value: object): string {
  const { message } = value as { message?: unknown };
  if (typeof message === "string" && message !== "") return message;
  try {
    const text = JSON.stringify(value);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return "[object Object]"; // It has a cycle, or a bigint.
  }
}
