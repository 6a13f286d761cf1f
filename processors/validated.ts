/**
 * Validation of values with a schema.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { serializerProcessor } from "./create_processor.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";
import type { SchemaIssue, StandardSchema } from "./standard_schema.ts";

/** The most issues that an error message lists. */
const SHOWN_ISSUES = 5;

/** Options of {@linkcode validated}. */
export interface ValidatedOptions {
  /**
   * When values are validated. Use `"read"` for a schema whose output is not a valid input, for
   * example because it converts text to a `Date`.
   * @default {"both"}
   */
  on?: "both" | "read" | "write";
}

/**
 * Adds validation to a serializer, with a schema of zod, valibot, arktype, or another library that
 * implements Standard Schema.
 *
 * Writing rejects an invalid value with an `InvalidRecordError` and writes a valid value unchanged.
 * Reading returns the output of the schema, with its defaults and conversions; an invalid value is
 * a `DecodeError`. The schema must be synchronous.
 *
 * @throws {TypeError} if `schema` does not implement Standard Schema version 1, `inner` is no
 * serializer, or `on` is not one of its values
 *
 * @example
 * ```ts
 * import { createProcessor, json, newline, type StandardSchema, validated } from "@webstreams/kinesis/processors";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * // With zod: const port = z.number().min(1);
 * const port: StandardSchema<number> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "example",
 *     validate: (value) =>
 *       typeof value === "number" && value > 0
 *         ? { value }
 *         : { issues: [{ message: "a port is above 0" }] },
 *   },
 * };
 * const ports = validated(json<number>(), port);
 * assertThrows(() => ports.serialize(-1), TypeError, "a port is above 0");
 * assertEquals(createProcessor({ serializer: ports, framing: newline() }).name, "json+newline");
 * ```
 */
export function validated<T>(
  inner: Serializer<T>,
  schema: StandardSchema<T>,
  options: ValidatedOptions = {},
): SerializerProcessor<T> {
  const option = new OptionCheck("Cannot use validated");
  option.methods("inner", inner ?? null, "serialize", "deserialize");
  option.methods("options", options);
  const sides = ["both", "read", "write"] as const;
  const on = option.choice("on", options.on, sides, "both");
  const standard = schema?.["~standard"];
  if (standard?.version !== 1 || typeof standard.validate !== "function") {
    throw new TypeError(
      "Cannot use validated as 'schema' must implement Standard Schema version 1",
    );
  }
  const onWrite = on !== "read";
  const onRead = on !== "write";
  function check(value: unknown): T {
    const result = standard.validate(value);
    if (result instanceof Promise) {
      // The promise is not awaited, so its rejection must be handled here: an unhandled rejection
      // would end the process.
      result.catch(() => {});
      throw new TypeError(
        `the schema of ${standard.vendor} is asynchronous, it must be synchronous`,
      );
    }
    if (result.issues) throw new TypeError(describe(result.issues));
    return result.value;
  }
  function checked(value: T): T {
    if (onWrite) check(value);
    return value;
  }
  const read = (value: T): T => onRead ? check(value) : value;
  const { name, text } = inner;
  return serializerProcessor({
    name,
    serialize: (value) => inner.serialize(checked(value)),
    deserialize: (bytes) => read(inner.deserialize(bytes)),
    text: text && {
      stringify: (value) => text.stringify(checked(value)),
      parse: (line) => read(text.parse(line)),
    },
  }, single());
}

function describe(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map(({ message, path }) => {
    const where = path?.map((part) =>
      String(typeof part === "object" ? part.key : part)
    ).join(".");
    return where ? `${where}: ${message}` : message;
  });
  const more = issues.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
