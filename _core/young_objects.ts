/**
 * Makes objects and lists that the garbage collector treats as young.
 *
 * V8 counts how many of the objects and arrays that a literal in the code makes, such as `{ a }` or
 * `[a]`, survive a garbage collection. If most do, it makes the next ones of that literal in the
 * memory of old objects, which only a collection of the whole heap frees. The values that wait for
 * the first answers of a stream are such survivors, and the later ones are not: after the start,
 * writing small values took half as long again. V8 does not count what `new` makes and the lists of
 * rest parameters. So code that runs once for each value uses these in place of literals.
 *
 * @module
 */

/** A list of the arguments. */
export function listOf<T>(...items: T[]): T[] {
  return items;
}

/** The object while its properties are set. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A constructor of plain objects: like those of a literal, they have the prototype of `Object`.
 * `init` is a `function` that sets the properties of `this`.
 */
export function plainObjects<T extends object, A extends unknown[]>(
  init: (this: Mutable<T>, ...args: A) => void,
): new (...args: A) => T {
  init.prototype = Object.prototype;
  return init as unknown as new (...args: A) => T;
}
