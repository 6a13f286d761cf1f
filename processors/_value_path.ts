/**
 * Describes parts of a value, for messages.
 *
 * @module
 */

/** The most characters of a path or name. A cycle has an endless path. */
const SHOWN_STEPS = 8;
const SHOWN_NAME = 40;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** The text of a path, for example `value.items[3].tags`. */
export function pathText(steps: readonly (string | number)[]): string {
  const shown = steps.slice(0, SHOWN_STEPS).map((step) => {
    if (typeof step === "number") return `[${step}]`;
    if (step.length > SHOWN_NAME) return `["${step.slice(0, SHOWN_NAME)}…"]`;
    return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return `value${shown.join("")}${steps.length > SHOWN_STEPS ? "…" : ""}`;
}

/** The kind of a value, for example `a Set`, `a function` or `undefined`. */
export function kindText(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const tag = Object.prototype.toString.call(value).slice(
    "[object ".length,
    -1,
  );
  return `${/^[AEIO]/.test(tag) ? "an" : "a"} ${tag}`;
}
