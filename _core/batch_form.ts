/**
 * A second form of a function, for many arguments in one call.
 *
 * @module
 */

/** Any function. */
// deno-lint-ignore no-explicit-any -- the two forms of a function are typed where they are used
type AnyFunction = (...args: any[]) => unknown;

const forms = new WeakMap<AnyFunction, AnyFunction>();

/**
 * Gives a function a form for many arguments in one call, which must give the same results. It
 * belongs to the function and not to the object whose method the function is: in
 * `{ ...processor, unpack }` the method is another function, and the form of the first one must not
 * be used.
 */
export function setBatchForm<One extends AnyFunction>(
  one: One,
  many: AnyFunction,
): One {
  forms.set(one, many);
  return one;
}

/** The form for many arguments, if the function has one. */
export function batchFormOf<Many extends AnyFunction>(
  one: AnyFunction,
): Many | undefined {
  return forms.get(one) as Many | undefined;
}
