/**
 * The shapes of requests: the members of each action and their constraints. Reading a request
 * checks all members and reports every violation with the messages of the service.
 *
 * @module
 */
import { epochToDate } from "../../_aws/cbor.ts";
import type { Payload } from "../_state/record_log.ts";
import { serialization, validation } from "./service_error.ts";

/** The violations in a request. The service reports all of them in one error. */
type Problems = string[];

/** One member of a request. */
export interface Field<T> {
  /** Reads a value that is not null. Appends violations to `problems`. Throws on a wrong type. */
  read(value: unknown, path: string, problems: Problems): T;
  /** Whether a request without this member is invalid. */
  readonly isRequired: boolean;
}

/** A required member. */
export interface RequiredField<T> extends Field<T> {
  readonly isRequired: true;
}

/** The members of a request by name. */
export type Shape = Readonly<Record<string, Field<unknown>>>;

type RequiredKeys<S extends Shape> = {
  [K in keyof S]: S[K] extends RequiredField<unknown> ? K : never;
}[keyof S];

/** The members of a request after reading. Times are milliseconds since the epoch. */
export type InputOf<S extends Shape> =
  & { [K in RequiredKeys<S>]: S[K] extends Field<infer T> ? T : never }
  & {
    [K in Exclude<keyof S, RequiredKeys<S>>]?: S[K] extends Field<infer T> ? T
      : never;
  };

/** Reads a request body. Members that the shape does not list are ignored, as in the service. */
export function readInput<S extends Shape>(
  shape: S,
  body: Readonly<Record<string, unknown>>,
): InputOf<S> {
  const problems: Problems = [];
  const input = readMembers(shape, body, "", problems);
  if (problems.length) {
    const what = problems.length === 1 ? "error" : "errors";
    throw validation(
      `${problems.length} validation ${what} detected: ${problems.join("; ")}`,
    );
  }
  return input;
}

function readMembers<S extends Shape>(
  shape: S,
  body: Readonly<Record<string, unknown>>,
  prefix: string,
  problems: Problems,
): InputOf<S> {
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const path = prefix + name.charAt(0).toLowerCase() + name.slice(1);
    const value = body[name];
    if (value === undefined || value === null) {
      if (field.isRequired) {
        problems.push(failure(null, path, "Member must not be null"));
      }
    } else {
      input[name] = field.read(value, path, problems);
    }
  }
  return input as InputOf<S>;
}

/** The service's message for a member that violates a constraint. */
export function failure(value: unknown, path: string, rule: string): string {
  const shown = value === null ? "null" : `'${value}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${rule}`;
}

/** Makes a member required. */
export function required<T>(field: Field<T>): RequiredField<T> {
  return { ...field, isRequired: true };
}

function optional<T>(read: Field<T>["read"]): Field<T> {
  return { read, isRequired: false };
}

function mismatch(value: unknown, path: string, type: string): never {
  throw serialization(
    `${typeof value} value at '${path}' can not be converted to ${type}`,
  );
}

/** Text. `min` and `max` limit its length in UTF-16 units; `values` lists the allowed texts. */
export function text<const V extends string = string>(rules: {
  min?: number;
  max?: number;
  pattern?: RegExp;
  values?: readonly V[];
} = {}): Field<V> {
  return optional((value, path, problems) => {
    if (typeof value !== "string") return mismatch(value, path, "a String");
    const { min = 0, max = Infinity, pattern, values } = rules;
    const fail = (rule: string) => problems.push(failure(value, path, rule));
    if (values && !(values as readonly string[]).includes(value)) {
      fail(`Member must satisfy enum value set: [${values.join(", ")}]`);
    }
    if (pattern && !pattern.test(value)) {
      const shown = pattern.source.replace(/^\^|\$$/g, "");
      fail(`Member must satisfy regular expression pattern: ${shown}`);
    }
    checkLength(value.length, min, max, fail);
    return value as V;
  });
}

function checkLength(
  length: number,
  min: number,
  max: number,
  fail: (rule: string) => void,
): void {
  if (length < min) {
    fail(`Member must have length greater than or equal to ${min}`);
  }
  if (length > max) {
    fail(`Member must have length less than or equal to ${max}`);
  }
}

/** An integer from `min` to `max`. */
export function integer(
  rules: { min?: number; max?: number } = {},
): Field<number> {
  return optional((value, path, problems) => {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      return mismatch(value, path, "an Integer");
    }
    const { min = -Infinity, max = Infinity } = rules;
    if (value < min) {
      problems.push(failure(
        value,
        path,
        `Member must have value greater than or equal to ${min}`,
      ));
    }
    if (value > max) {
      problems.push(failure(
        value,
        path,
        `Member must have value less than or equal to ${max}`,
      ));
    }
    return value;
  });
}

/** A boolean. */
export const flag: Field<boolean> = optional((value, path) =>
  typeof value === "boolean" ? value : mismatch(value, path, "a Boolean")
);

/**
 * A time, read as milliseconds since the epoch. In JSON it is a number of seconds, in CBOR a number
 * with tag 1.
 */
export const timestamp: Field<number> = optional((value, path) => {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "number") return mismatch(value, path, "a Timestamp");
  try {
    return epochToDate(value).getTime();
  } catch {
    return mismatch(value, path, "a Timestamp");
  }
});

/** Binary data: base64 text in JSON, bytes in CBOR. */
export const blob: Field<Payload> = optional((value, path) =>
  readBlob(value, path)
);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Checks binary data and returns it undecoded. Throws if it is neither base64 text nor bytes. */
export function readBlob(value: unknown, path: string): Payload {
  if (typeof value === "string") {
    if (value.length % 4 !== 0 || !BASE64.test(value)) {
      throw serialization(`value at '${path}' is not valid base64`);
    }
    return value;
  }
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  return mismatch(value, path, "a Blob");
}

/** A list. `min` and `max` limit the number of items. */
export function list<T>(
  of: Field<T>,
  rules: { min?: number; max?: number } = {},
): Field<T[]> {
  return optional((value, path, problems) => {
    if (!Array.isArray(value)) return mismatch(value, path, "a List");
    const { min = 0, max = Infinity } = rules;
    checkLength(
      value.length,
      min,
      max,
      (rule) => problems.push(failure(`[${value}]`, path, rule)),
    );
    return value.map((item, index) =>
      of.read(item, `${path}.${index + 1}.member`, problems)
    );
  });
}

/**
 * A list whose items are not checked here. PutRecords reads its up to 500 items itself, for speed.
 */
export function rawList(
  rules: { min: number; max: number },
): Field<readonly unknown[]> {
  return optional((value, path, problems) => {
    if (!Array.isArray(value)) return mismatch(value, path, "a List");
    checkLength(value.length, rules.min, rules.max, (rule) =>
      problems.push(
        failure(`[${value.length} members]`, path, rule),
      ));
    return value;
  });
}

/** A map from text to text, with 1 to `max` entries. */
export function textMap(rules: {
  max: number;
  key: Field<string>;
  value: Field<string>;
}): Field<Map<string, string>> {
  return optional((value, path, problems) => {
    if (!isObject(value)) return mismatch(value, path, "a Map");
    const entries = Object.entries(value);
    checkLength(
      entries.length,
      1,
      rules.max,
      (rule) => problems.push(failure(JSON.stringify(value), path, rule)),
    );
    return new Map(entries.map(([key, item]) => [
      rules.key.read(key, path, problems),
      rules.value.read(item ?? "", `${path}.${key}.member`, problems),
    ]));
  });
}

/** An object with members of its own. */
export function structure<S extends Shape>(shape: S): Field<InputOf<S>> {
  return optional((value, path, problems) =>
    isObject(value)
      ? readMembers(shape, value, `${path}.`, problems)
      : mismatch(value, path, "a Structure")
  );
}

/** Whether a value is an object and not an array. */
export function isObject(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
