/**
 * MessagePack.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { addExtension, Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { MessageGuard } from "./_msgpack_guard.ts";
import { PlainValues } from "./_msgpack_plain.ts";
import { serializerProcessor } from "./create_processor.ts";
import { netstring } from "./netstring.ts";
import type { SerializerProcessor } from "./serializer.ts";

/** A MessagePack extension: a class whose instances have a type number of their own on the wire. */
export interface MsgpackExtension<V> {
  /** The application-specific type, 1 to 127. */
  type: number;
  /** The class of the values. */
  Class: abstract new (...args: never[]) => V;
  /** Value to the bytes of the extension. */
  encode(value: V): Uint8Array;
  /** Bytes of the extension to the value. */
  decode(bytes: Uint8Array): V;
}

/** Options of {@linkcode msgpack}. */
export interface MsgpackOptions {
  /** Deepest nesting of arrays and maps, in both directions. @default {256} */
  maxDepth?: number;
  /**
   * Extension types besides dates; others are refused. msgpackr keeps one registry for the whole process, so a type or a class
   * has one meaning everywhere. Default: none.
   */
  extensions?: readonly MsgpackExtension<unknown>[];
}

/** Far below the depth at which msgpackr's recursion exhausts the stack. */
const DEFAULT_MAX_DEPTH = 256;
const LARGEST_MAX_DEPTH = 1000;
/** `undefined` would otherwise become an extension that only JavaScript knows, objects would become private records. */
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
 * MessagePack, as netstrings of one partition key, and the serializer of MessagePack for other framings.
 *
 * What is written can be read again; everything else is refused with the path of the part, for example
 * `value.tags[0] is a Set, which has no standard form in MessagePack`. Reading gives what was written but for these:
 *
 * - Integers are integers on the wire: a `number` up to 2^53-1, a `bigint` from -2^63 to 2^64-1. Reading gives a `number` up to
 *   2^53 and a `bigint` beyond, and 0 for -0.
 * - A `Map` is read as an object. Its keys must be texts or numbers, and no two of them the same text.
 * - `undefined` within a value is written as nil and read as `null`.
 * - An object with a `toJSON` method is written as what that returns, and an instance of a class otherwise as an object of its own
 *   enumerable properties. Properties whose keys are symbols are left out, as in JSON.
 *
 * Refused are functions, symbols, a whole value that is `undefined`, integers of more than 64 bits, invalid dates, lone
 * surrogates, the key `__proto__`, cycles, and built-in objects without a standard form: sets, errors, regular expressions,
 * buffers and typed arrays but `Uint8Array`, `Headers` and so on.
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
