/**
 * The options `partitionKey` and `explicitHashKey`.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";
import { InvalidRecordError } from "../errors.ts";
import type { KeyOf } from "./options.ts";

/** What messages and codes say of the two keys. */
const KEYS = {
  partitionKey: { text: "partition key", code: "InvalidPartitionKey" },
  explicitHashKey: {
    text: "explicit hash key",
    code: "InvalidExplicitHashKey",
  },
} as const;

/**
 * The function that chooses a key: the option itself, or one that reads the named field.
 *
 * @throws {TypeError} if the option is neither a function nor the name of a field
 */
export function keyFunction<T>(
  check: OptionCheck,
  name: keyof typeof KEYS,
  key: (keyof T & string) | KeyOf<T> | undefined,
): KeyOf<T> | undefined {
  if (key === undefined || typeof key === "function") return key;
  if (typeof key !== "string" || key === "") {
    const rule = "the name of a field or a function";
    throw new TypeError(check.message(name, rule, key));
  }
  const { text, code } = KEYS[name];
  return (value) => {
    const field = (value as Record<string, unknown> | undefined | null)?.[key];
    // A number is a useful key. "undefined" and "[object Object]" would put all records on one
    // shard.
    if (typeof field === "number" || typeof field === "bigint") {
      return String(field);
    }
    if (typeof field === "string") return field;
    throw new InvalidRecordError(
      `Cannot put value as its ${text} is the field '${key}', which ${
        problemOf(value, field)
      }`,
      { code },
    );
  };
}

const SHOWN_FIELDS = 10;

function problemOf(value: unknown, field: unknown): string {
  if (field === null) return "is null";
  if (field !== undefined) return `is of type ${typeof field}`;
  if (typeof value !== "object" || value === null) {
    return `is missing: the value is ${
      value === null ? "null" : `of type ${typeof value}`
    }`;
  }
  const names = Object.keys(value);
  if (names.length === 0) return "is missing: the value has no fields";
  const shown = names.slice(0, SHOWN_FIELDS).map((name) =>
    `'${name.slice(0, 64)}'`
  ).join(", ");
  const more = names.length - SHOWN_FIELDS;
  return `is missing: the value has ${shown}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}
