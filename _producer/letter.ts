/**
 * Failed values in a form that another producer can write.
 *
 * @module
 */
import { encodeBase64 } from "../_core/base64.ts";
import { isBytes } from "../_core/bytes.ts";
import { KinesisError } from "../errors.ts";
import type { FailedAttempt, FailedValue } from "../records.ts";

/**
 * The lengths of the text that replaces a value which cannot be written, in UTF-16 units. They are
 * tried one after the other.
 */
export const TEXT_LENGTHS: readonly number[] = [100_000, 10_000, 1000, 0];
const LONGEST_KEY = 1000;

/** A failed value whose errors processors such as `json()` and `msgpack()` can write. */
export class Letter<T> implements FailedValue<T> {
  /** The value; `undefined` if `valueText` replaces it. */
  readonly value: T;
  /** The value as text, if it cannot be written otherwise. */
  readonly valueText?: string;
  /** See {@linkcode FailedValue}. */
  readonly partitionKey: string;
  /** See {@linkcode FailedValue}. */
  readonly explicitHashKey?: string;
  /** See {@linkcode FailedValue}. */
  readonly error: KinesisError | Error;
  /** See {@linkcode FailedValue}. */
  readonly attempts: number;
  /** See {@linkcode FailedValue}. */
  readonly history?: readonly FailedAttempt[];

  /** With a `textLength`, the value and its key become shortened texts. */
  constructor(failed: FailedValue<T>, textLength?: number) {
    const { value, partitionKey, explicitHashKey, history } = failed;
    if (textLength === undefined) {
      this.value = value;
      this.partitionKey = partitionKey;
    } else {
      this.value = undefined as T;
      this.valueText = shorten(textOf(value), textLength);
      this.partitionKey = shorten(String(partitionKey), LONGEST_KEY);
    }
    if (explicitHashKey !== undefined) this.explicitHashKey = explicitHashKey;
    this.error = failed.error;
    this.attempts = failed.attempts;
    if (history) this.history = history;
  }

  /** The letter as data, without the fields that are absent. */
  toJSON(): Record<string, unknown> {
    const { value, valueText, partitionKey, explicitHashKey, attempts } = this;
    const data: Record<string, unknown> = valueText === undefined
      ? { value, partitionKey }
      : { valueText, partitionKey };
    if (explicitHashKey !== undefined) data.explicitHashKey = explicitHashKey;
    data.attempts = attempts;
    data.error = errorData(this.error);
    if (this.history) {
      data.history = this.history.map(({ at, error }) => ({
        at,
        error: errorData(error),
      }));
    }
    return data;
  }
}

function errorData(error: KinesisError | Error): unknown {
  if (error instanceof KinesisError) return error.toJSON();
  return { name: error.name, message: error.message };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (isBytes(value)) return encodeBase64(value);
    const text = JSON.stringify(
      value,
      (_, item) => typeof item === "bigint" ? String(item) : item,
    );
    return text ?? String(value);
  } catch {
    // The value has a cycle, or a `toJSON` that throws.
  }
  try {
    return Object.prototype.toString.call(value);
  } catch {
    // A revoked Proxy throws whatever is asked of it.
    return "a value that cannot be read";
  }
}

function shorten(text: string, length: number): string {
  // Some formats cannot write half of a surrogate pair.
  return text.slice(0, length).replace(/\p{Surrogate}/gu, "\ufffd");
}
