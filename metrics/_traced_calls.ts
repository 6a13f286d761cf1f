/**
 * Which calls of handlers have a span of their own already, so that a hook adds no second one.
 *
 * @module
 */

/** The number of the last call with a span, by the first record of the call. */
const attempts = /* @__PURE__ */ new WeakMap<object, number>();

/** Notes that a call has a span. */
export function noteSpan(records: readonly object[], attempt: number): void {
  const [first] = records;
  if (first) attempts.set(first, attempt);
}

/** Whether a call has a span. */
export function hasSpan(records: readonly object[], attempt: number): boolean {
  const [first] = records;
  return first !== undefined && attempts.get(first) === attempt;
}
