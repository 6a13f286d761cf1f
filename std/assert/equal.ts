/** Pairs whose comparison is under way: meeting one again is a cycle, and a cycle that never differs is equal. */
type Pending = Map<object, Set<object>>;

/**
 * Whether two values have the same structure: elements, properties (symbols and getters included), bytes, entries of
 * maps and sets in any order, times of dates. `NaN` equals itself and `0` equals `-0`. Functions are equal only to
 * themselves. Objects of different classes differ; one without a prototype counts as a plain one.
 *
 * Throws a `TypeError` for weak collections, which nobody can look into.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, pending: Pending): boolean {
  if (sameValue(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError("Cannot look into a WeakMap or WeakSet to compare it");
  }
  if (
    a instanceof RegExp || a instanceof URL || a instanceof URLSearchParams
  ) {
    return String(a) === String(b);
  }
  const elements = elementsOf(a);
  if (elements) return sameElements(elements, elementsOf(b)!);

  const partners = pending.get(a) ?? new Set();
  if (partners.has(b)) return true;
  pending.set(a, partners.add(b));
  try {
    return compareParts(a, b, pending);
  } finally {
    partners.delete(b);
  }
}

function compareParts(a: object, b: object, pending: Pending): boolean {
  if (a instanceof WeakRef) {
    return compare(a.deref(), (b as WeakRef<WeakKey>).deref(), pending);
  }
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  if (a instanceof Map && !sameMap(a, b as typeof a, pending)) return false;
  if (a instanceof Set && !sameSet(a, b as typeof a, pending)) return false;
  if (a instanceof Map || a instanceof Set) return true;
  const valuesOfA = a as Record<PropertyKey, unknown>;
  const valuesOfB = b as Record<PropertyKey, unknown>;
  for (const key of new Set([...keysOf(a), ...keysOf(b)])) {
    if (key in a !== key in b) return false;
    if (!compare(valuesOfA[key], valuesOfB[key], pending)) return false;
  }
  return true;
}

function sameMap(
  a: ReadonlyMap<unknown, unknown>,
  b: ReadonlyMap<unknown, unknown>,
  pending: Pending,
): boolean {
  if (a.size !== b.size) return false;
  const rest: [unknown, unknown][] = [];
  for (const [key, value] of a) {
    if (isObject(key)) rest.push([key, value]);
    else if (!b.has(key) || !compare(value, b.get(key), pending)) return false;
  }
  const candidates = [...b].filter(([key]) => isObject(key));
  return matchAll(
    rest,
    candidates,
    (x, y) => compare(x[0], y[0], pending) && compare(x[1], y[1], pending),
  );
}

function sameSet(
  a: ReadonlySet<unknown>,
  b: ReadonlySet<unknown>,
  pending: Pending,
): boolean {
  if (a.size !== b.size) return false;
  const rest: unknown[] = [];
  for (const value of a) {
    if (isObject(value)) rest.push(value);
    else if (!b.has(value)) return false;
  }
  const candidates = [...b].filter(isObject);
  return matchAll<unknown>(
    rest,
    candidates,
    (x, y) => compare(x, y, pending),
  );
}

/** Whether each item has a partner of its own. */
function matchAll<T>(
  items: readonly T[],
  candidates: T[],
  same: (a: T, b: T) => boolean,
): boolean {
  return items.every((item) => {
    const index = candidates.findIndex((candidate) => same(item, candidate));
    if (index < 0) return false;
    candidates.splice(index, 1);
    return true;
  }) && candidates.length === 0;
}

function sameElements(
  a: ArrayLike<unknown>,
  b: ArrayLike<unknown>,
): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
  return true;
}

/** The numbers of a typed array or buffer; undefined for anything else. */
function elementsOf(value: object): ArrayLike<unknown> | undefined {
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (ArrayBuffer.isView(value)) return value as unknown as Uint8Array;
  const isBuffer = value instanceof ArrayBuffer ||
    typeof SharedArrayBuffer === "function" &&
      value instanceof SharedArrayBuffer;
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined;
}

/** Own keys; for instances of classes also what their classes define, which is where their getters are. */
function keysOf(value: object): Set<PropertyKey> {
  const prototype = prototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) {
    return new Set(
      Reflect.ownKeys(value).filter((key) =>
        Object.prototype.propertyIsEnumerable.call(value, key)
      ),
    );
  }
  const keys = new Set<PropertyKey>();
  for (
    let level: object | null = value;
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level)) keys.add(key);
  }
  return keys;
}

/** An object without a prototype counts as a plain one. */
function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}
