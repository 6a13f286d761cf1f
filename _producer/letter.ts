/**
 * Failed values in a form that another producer can write.
 *
 * @module
 */
import {
  errorData,
  LONGEST_KEY,
  shorten,
  valueText,
} from "../_dead_letters/letter_data.ts";
import type { KinesisError } from "../errors.ts";
import type { FailedAttempt, FailedValue } from "../records.ts";

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
      this.valueText = shorten(valueText(value), textLength);
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
