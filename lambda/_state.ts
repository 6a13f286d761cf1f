/**
 * The state of a tumbling window.
 *
 * @module
 */

/**
 * Checks that a state comes back from Lambda as it is.
 *
 * @throws {TypeError} if it is not JSON, naming the part
 */
export function checkState(state: unknown): void {
  const problem = problemOf(state, "state", new Set());
  if (problem === undefined) return;
  throw new TypeError(
    `Cannot answer with the state as ${problem}: 'initialState' and 'reduce' must return texts, finite numbers, booleans, null, arrays or plain objects`,
  );
}

/** More levels would end with an overflow of the stack, here or in Lambda. */
const MOST_LEVELS = 500;

/** What is wrong with a value. `parents` are the objects that contain it. */
function problemOf(
  value: unknown,
  path: string,
  parents: Set<unknown>,
): string | undefined {
  if (value === null || typeof value === "string") return undefined;
  if (typeof value === "boolean" || Number.isFinite(value)) return undefined;
  if (typeof value !== "object") {
    return `'${path}' is ${
      typeof value === "bigint" || typeof value === "number"
        ? `the ${typeof value} ${value}`
        : typeof value
    }`;
  }
  if (parents.size === MOST_LEVELS) {
    return `'state' has more than ${MOST_LEVELS} levels`;
  }
  if (parents.has(value)) return `'${path}' contains itself`;
  if (!Array.isArray(value) && !isPlain(value)) {
    return `'${path}' is a ${value.constructor?.name ?? "special object"}`;
  }
  parents.add(value);
  for (const [key, part] of entriesOf(value)) {
    const problem = problemOf(part, `${path}.${key}`, parents);
    if (problem !== undefined) return problem;
  }
  parents.delete(value);
  return undefined;
}

function entriesOf(value: object): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  // JSON leaves such fields out, and a type with optional fields expects that.
  return Object.entries(value).filter(([, part]) => part !== undefined);
}

/** Whether it was written as `{ … }` or comes from JSON, here or in another realm. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
