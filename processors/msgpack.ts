/**
 * The MessagePack processor and serializer.
 *
 * @module
 */
import { addExtension, Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { OptionCheck } from "../_core/option_check.ts";
import { MessageGuard } from "./_msgpack_guard.ts";
import { PlainValues } from "./_msgpack_plain.ts";
import { serializerProcessor } from "./create_processor.ts";
import { netstring } from "./netstring.ts";
import type { SerializerProcessor } from "./serializer.ts";

/** A MessagePack extension: a class whose instances are written with their own type number. */
export interface MsgpackExtension<V> {
  /** The application-specific type, 1 to 127. */
  type: number;
  /** The class of the values. */
  Class: abstract new (...args: never[]) => V;
  /** Converts a value to bytes. */
  encode(value: V): Uint8Array;
  /** Converts bytes to a value. */
  decode(bytes: Uint8Array): V;
}

/** Options of {@linkcode msgpack}. */
export interface MsgpackOptions {
  /**
   * The deepest nesting of arrays and maps, for writing and reading: 1 to 1000.
   * @default {256}
   */
  maxDepth?: number;
  /**
   * Extension types besides dates. Other types are rejected. msgpackr has one registry for the
   * whole process, so do not register a type or a class twice with different meanings. Default:
   * none.
   */
  extensions?: readonly MsgpackExtension<unknown>[];
}

/** Far less than the depth at which the recursion of msgpackr overflows the stack. */
const DEFAULT_MAX_DEPTH = 256;
const LARGEST_MAX_DEPTH = 1000;
/**
 * Avoids the private formats of msgpackr: an extension for `undefined`, and records for objects.
 */
const packr = (): Packr =>
  new Packr({
    useRecords: false,
    variableMapSize: true,
    encodeUndefinedAsNil: true,
  });
const unpackr = (): Unpackr =>
  new Unpackr({
    useRecords: false,
    mapsAsObjects: true,
    // @ts-expect-error: not in the types of msgpackr, but in its documentation
    int64AsType: "auto",
  });

/**
 * MessagePack: the values of one partition key share a record, as netstrings. It is also a
 * serializer, to combine with other framings.
 *
 * Writing rejects a value that cannot be read again. The message names the part, for example
 * `value.tags[0] is a Set, which has no standard form in MessagePack`. Reading returns the value
 * that was written, with these exceptions:
 *
 * - A `number` that is an integer up to 2^53-1 and a `bigint` from -2^63 to 2^64-1 are written as
 *   integers. Reading returns a `number` up to 2^53 and a `bigint` above, and 0 for -0.
 * - A `Map` is read as an object. Its keys must be texts or numbers that are different as texts.
 * - `undefined` within a value is written as nil and read as `null`.
 * - An object with a `toJSON` method is written as the result of the method. An instance of another
 *   class is written as an object with its own enumerable properties. Properties whose keys are
 *   symbols are omitted, as in JSON.
 *
 * Rejected are functions, symbols, a whole value that is `undefined`, integers of more than 64
 * bits, invalid dates, lone surrogates, the key `__proto__`, cycles, and built-in objects without a
 * standard form: sets, errors, regular expressions, buffers, typed arrays except `Uint8Array`,
 * `Headers` and so on.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { msgpack } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = msgpack<{ at: Date; id: bigint }>().serialize({ at: new Date(0), id: 2n ** 64n - 1n });
 * assertEquals(msgpack().deserialize(new Uint8Array(bytes)), { at: new Date(0), id: 2n ** 64n - 1n });
 *
 * const { writable, readable } = msgpack<Record<string, number>>().encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: { test: 123 }, partitionKey: "k" });
 * writer.close();
 * for await (const record of readable) {
 *   assertEquals(String.fromCharCode(...record.data), "7:\x81\xa4test{,");
 * }
 * ```
 */
export function msgpack<T = unknown>(
  options: MsgpackOptions = {},
): SerializerProcessor<T> {
  const check = new OptionCheck("Cannot use msgpack");
  check.methods("options", options);
  const { extensions = [] } = options;
  const range = { least: 1, integer: true };
  const maxDepth = check.number("maxDepth", options.maxDepth, {
    ...range,
    default: DEFAULT_MAX_DEPTH,
    most: LARGEST_MAX_DEPTH,
  });
  for (const extension of extensions) {
    const { type, Class } = extension;
    check.number("extensions[].type", type, {
      ...range,
      default: 0,
      most: 127,
    });
    addExtension(
      {
        type,
        Class,
        pack: (value: unknown) => extension.encode(value),
        unpack: (bytes: Uint8Array) => extension.decode(bytes),
      } as unknown as Parameters<typeof addExtension>[0],
    );
  }
  const plain = new PlainValues({
    maxDepth,
    classes: extensions.map(({ Class }) => Class),
  });
  const guard = new MessageGuard({
    maxDepth,
    extensions: new Set(extensions.map(({ type }) => type)),
  });
  const writer = packr();
  const reader = unpackr();
  return serializerProcessor<T>({
    name: "msgpack",
    serialize: (value) => guard.standardize(writer.pack(plain.of(value))),
    deserialize(bytes) {
      guard.check(bytes);
      return reader.unpack(bytes);
    },
  }, netstring());
}
