/**
 * Checks that MessagePack has a form for a value, before msgpackr writes it.
 *
 * msgpackr writes values that it cannot read again, such as maps with objects as keys, and writes
 * some values incompletely: `{}` for `Headers` or a subclass of `Map`, nil for a function. These
 * are rejected here. The error names the part.
 *
 * @module
 */
import { isWellFormed } from "../_core/utf8.ts";
import { kindText, pathText } from "./_value_path.ts";

/** Options of {@linkcode PlainValues}. */
export interface PlainOptions {
  /** The deepest nesting of arrays and maps. */
  readonly maxDepth: number;
  /** Classes that have an extension type. */
  readonly classes: readonly (abstract new (...args: never[]) => unknown)[];
}

type Members = Record<string, unknown>;

/** Checks values and replaces the objects in them that have `toJSON`. */
export class PlainValues {
  readonly #maxDepth: number;
  readonly #classes: PlainOptions["classes"];
  /** The path of the current part, for messages. Wrong if a `toJSON` serializes another value. */
  readonly #path: (string | number)[] = [];

  /** Makes a check. */
  constructor({ maxDepth, classes }: PlainOptions) {
    this.#maxDepth = maxDepth;
    this.#classes = classes;
  }

  /**
   * The value if msgpackr can write it, or a copy that has the results of `toJSON` instead of the
   * objects.
   *
   * @throws {RangeError | TypeError} if a part has no form in MessagePack or could not be read
   * again
   */
  of(value: unknown): unknown {
    const plain = this.#of(value, 0);
    // A part that is undefined is written as nil. As a whole value it is probably a mistake.
    if (plain === undefined) throw this.#refused(plain, 0);
    return plain;
  }

  #of(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "object":
        return value === null ? value : this.#object(value, depth);
      case "string":
        this.#text(value, "is text", depth);
        return value;
      case "bigint":
        if (BigInt.asIntN(64, value) === value) return value;
        if (BigInt.asUintN(64, value) === value) return value;
        throw new RangeError(
          `${this.#where(depth)} is ${value}, an integer of more than 64 bits`,
        );
      case "function":
      case "symbol":
        throw this.#refused(value, depth);
      default:
        return value;
    }
  }

  #object(value: object, depth: number): unknown {
    if (Array.isArray(value)) return this.#array(value, depth);
    const prototype = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!isPlain) {
      if (this.#classes.some((Class) => value instanceof Class)) return value;
      // Found by its tag, since it may come from another realm, as in some test runners.
      switch (Object.prototype.toString.call(value)) {
        case "[object Date]":
          return this.#date(value as Date, depth);
        case "[object Map]":
          return this.#map(value as Map<unknown, unknown>, depth);
        case "[object Uint8Array]":
          return value instanceof Uint8Array
            ? value
            : bytesOf(value as Uint8Array);
      }
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") {
      const key = depth === 0 ? "" : String(this.#path[depth - 1]);
      const replaced: unknown = toJSON.call(value, key);
      if (replaced !== value) return this.#of(replaced, depth);
    }
    if (
      !isPlain && Object.prototype.toString.call(value) !== "[object Object]"
    ) throw this.#refused(value, depth);
    return this.#members(value as Members, depth);
  }

  #array(value: readonly unknown[], depth: number): unknown {
    this.#enter(depth);
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      this.#path[depth] = i;
      const part = value[i];
      const plain = this.#of(part, depth + 1);
      if (!Object.is(plain, part)) (copy ??= [...value])[i] = plain;
    }
    return copy ?? value;
  }

  #members(value: Members, depth: number): unknown {
    this.#enter(depth);
    let copy: Members | undefined;
    for (const key of Object.keys(value)) {
      this.#path[depth] = key;
      this.#name(key, depth + 1);
      const part = value[key];
      const plain = this.#of(part, depth + 1);
      if (!Object.is(plain, part)) (copy ??= { ...value })[key] = plain;
    }
    return copy ?? value;
  }

  #map(value: Map<unknown, unknown>, depth: number): unknown {
    this.#enter(depth);
    const names = new Set<string>();
    const copy = new Map<unknown, unknown>();
    for (const [key, part] of value) {
      const isText = typeof key === "string";
      if (!isText && typeof key !== "number" && typeof key !== "bigint") {
        throw new TypeError(
          `${this.#where(depth)} is a Map with ${
            kindText(key)
          } as a key: keys must be texts or numbers, since maps are read as objects`,
        );
      }
      const name = String(key);
      this.#path[depth] = name;
      if (isText) this.#name(name, depth + 1);
      else this.#of(key, depth + 1);
      if (names.has(name)) {
        throw new TypeError(
          `${this.#where(depth)} is a Map with two keys that would be read as ${
            JSON.stringify(name)
          }`,
        );
      }
      names.add(name);
      copy.set(key, this.#of(part, depth + 1));
    }
    return copy;
  }

  #date(value: Date, depth: number): Date {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time)) {
      throw new TypeError(`${this.#where(depth)} is a date that is not valid`);
    }
    return value instanceof Date ? value : new Date(time);
  }

  #name(name: string, depth: number): void {
    // On reading, this key would set the prototype of the object.
    if (name === "__proto__") {
      throw new TypeError(
        `${this.#where(depth)} has a key that is not supported: __proto__`,
      );
    }
    this.#text(name, "has a key", depth);
  }

  #text(text: string, what: string, depth: number): void {
    if (isWellFormed(text)) return;
    throw new TypeError(
      `${
        this.#where(depth)
      } ${what} with a lone surrogate, which UTF-8 has no form for`,
    );
  }

  #enter(depth: number): void {
    if (depth < this.#maxDepth) return;
    throw new RangeError(
      `${
        this.#where(depth)
      } is nested deeper than ${this.#maxDepth} levels, or refers to itself`,
    );
  }

  #refused(value: unknown, depth: number): TypeError {
    return new TypeError(
      `${this.#where(depth)} is ${
        kindText(value)
      }, which has no standard form in MessagePack`,
    );
  }

  #where(depth: number): string {
    return pathText(this.#path.slice(0, depth));
  }
}

/** The bytes as a Uint8Array of this realm. msgpackr does not recognize those of other realms. */
function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
