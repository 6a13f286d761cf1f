/**
 * JSON: one value per record, as lines, or as lists.
 *
 * @module
 */
import { BasicCheck } from "../_core/basic_check.ts";
import { decodeUtf8, encodeUtf8 } from "../_core/utf8.ts";
import { combined, serializerProcessor } from "./create_processor.ts";
import { list } from "./list.ts";
import { textNewline } from "./newline.ts";
import type { Processor } from "./processor.ts";
import { kindText, pathText } from "./_value_path.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";

/** Options of {@linkcode json}, {@linkcode jsonLines} and {@linkcode jsonList}. */
export interface JsonOptions {
  /**
   * The second argument of `JSON.stringify`: replaces or omits parts of a value. Writing takes
   * several times as long with it. Default: none.
   */
  replacer?: (this: unknown, key: string, value: unknown) => unknown;
  /**
   * The second argument of `JSON.parse`: replaces parts of a value, for example texts by dates.
   * Reading takes several times as long with it. Default: none.
   */
  reviver?: (this: unknown, key: string, value: unknown) => unknown;
}

/**
 * JSON: one value per record. It is also a serializer, to combine with other framings.
 *
 * A value without JSON is rejected: `undefined`, a function, a symbol, `NaN`, an infinite number,
 * an invalid date, an object whose `toJSON` returns `undefined`, and a value that contains a
 * `bigint` or a cycle.
 *
 * Parts of a value are written as by `JSON.stringify`, which changes some of them without an error:
 *
 * - `undefined`, functions and symbols are omitted from objects and become `null` in arrays
 * - `NaN`, infinite numbers and invalid dates become `null`, and -0 becomes 0
 * - maps and sets become `{}`
 *
 * Use `replacer` to write or reject them, or `msgpack()`, which keeps or rejects them. A lone
 * surrogate is written as an escape and read unchanged.
 *
 * @example A map that survives
 * ```ts
 * import { json } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const tags = json<Map<string, number>>({
 *   replacer: (_, value) => value instanceof Map ? [...value] : value,
 *   reviver: (key, value) => key === "" ? new Map(value as [string, number][]) : value,
 * });
 * const bytes = tags.serialize(new Map([["a", 1]]));
 * assertEquals(new TextDecoder().decode(bytes), '[["a",1]]');
 * ```
 */
export function json<T = unknown>(
  options: JsonOptions = {},
): SerializerProcessor<T> {
  return serializerProcessor(jsonSerializer<T>(options), single());
}

/**
 * JSON lines: the values of one partition key share a record. Each is followed by `\n`.
 *
 * @example
 * ```ts
 * import { jsonLines } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = jsonLines<{ n: number }>().encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: { n: 1 }, partitionKey: "k" });
 * writer.write({ value: { n: 2 }, partitionKey: "k" });
 * writer.close();
 * for await (const record of readable) {
 *   assertEquals(new TextDecoder().decode(record.data), '{"n":1}\n{"n":2}\n');
 * }
 * ```
 */
export function jsonLines<T = unknown>(
  options: JsonOptions = {},
): Processor<T> {
  return combined(jsonSerializer<T>(options), textNewline());
}

/**
 * JSON lists: the values of one partition key share a record, as the elements of one JSON array.
 *
 * Reading returns each element as a value. To read an array as one value, use `json<T[]>()`.
 *
 * @example
 * ```ts
 * import { jsonList } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = jsonList<number>().encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: 1, partitionKey: "k" });
 * writer.write({ value: 2, partitionKey: "k" });
 * writer.close();
 * for await (const record of readable) {
 *   assertEquals(new TextDecoder().decode(record.data), "[1,2]");
 * }
 * ```
 */
export function jsonList<T = unknown>(
  options: JsonOptions = {},
): Processor<T> {
  return combined(jsonSerializer<T>(options), list());
}

function jsonSerializer<T>(options: JsonOptions): Serializer<T> {
  new BasicCheck("Cannot use json")
    .object("options", options, ["replacer", "reviver"]);
  const { replacer, reviver } = options;
  const stringify = (value: T): string => {
    let text: string | undefined;
    try {
      text = JSON.stringify(value, replacer);
    } catch (cause) {
      throw replacer ? cause : withPath(value, cause);
    }
    // With a replacer, "null" is accepted: the replacer may have returned null.
    if (text === undefined || text === "null" && !replacer && isLost(value)) {
      throw new TypeError(`${describe(value)} has no JSON`);
    }
    return text;
  };
  const parse = (text: string): T =>
    // Some writers start with a byte order mark, which JSON.parse rejects.
    JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, reviver);
  return {
    name: "json",
    serialize: (value) => encodeUtf8(stringify(value)),
    deserialize: (bytes) => parse(decodeUtf8(bytes)),
    text: { stringify, parse },
  };
}

/** Whether `null` stands for something that was there. */
function isLost(value: unknown): boolean {
  return typeof value === "number" || value instanceof Date;
}

function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : kindText(value);
}

/** The error of `JSON.stringify` for a `bigint` does not say where it stands. */
function withPath(value: unknown, cause: unknown): unknown {
  const isBigint = cause instanceof TypeError && /bigint/i.test(cause.message);
  const path = isBigint ? pathOfBigint(value, new Set()) : undefined;
  return path
    ? new TypeError(`${pathText(path)} is a bigint, which has no JSON`, {
      cause,
    })
    : cause;
}

function pathOfBigint(
  value: unknown,
  seen: Set<unknown>,
): (string | number)[] | undefined {
  if (typeof value === "bigint") return [];
  if (typeof value !== "object" || value === null) return undefined;
  if (seen.has(value)) return undefined;
  seen.add(value);
  for (const [key, part] of Object.entries(value)) {
    const path = pathOfBigint(part, seen);
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
}
