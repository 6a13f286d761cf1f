/**
 * A value that a handler could not process, in a form that a producer can write.
 *
 * @module
 */
import { textOf } from "../../_core/text_of.ts";
import {
  errorData,
  LONGEST_KEY,
  shorten,
  valueText,
} from "../../_dead_letters/letter_data.ts";
import type { ProcessingError } from "../../errors.ts";
import type { DeadLetter } from "../../records.ts";

/** A letter that processors such as `json()` can write. */
export class ConsumerLetter<T> implements DeadLetter<T> {
  /** The value; `undefined` if `valueText` replaces it. */
  readonly value: T;
  /** The value as text, if it cannot be written otherwise. */
  readonly valueText?: string;
  readonly id: string;
  readonly streamName: string;
  readonly streamARN?: string;
  readonly shardId: string;
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;
  readonly error: Error;
  readonly attempts: number;
  readonly #failure: ProcessingError<T>;

  /** With a `textLength`, the value and its key become shortened texts. */
  constructor(failure: ProcessingError<T>, textLength?: number) {
    const { record, cause } = failure;
    const { partitionKey } = record;
    this.#failure = failure;
    if (textLength === undefined) {
      this.value = record.value;
      if (partitionKey !== undefined) this.partitionKey = partitionKey;
    } else {
      this.value = undefined as T;
      this.valueText = shorten(valueText(record.value), textLength);
      if (partitionKey !== undefined) {
        this.partitionKey = shorten(partitionKey, LONGEST_KEY);
      }
    }
    this.id = record.id;
    this.streamName = record.streamName;
    if (record.streamARN !== undefined) this.streamARN = record.streamARN;
    this.shardId = record.shardId;
    if (record.explicitHashKey !== undefined) {
      this.explicitHashKey = record.explicitHashKey;
    }
    this.sequenceNumber = record.sequenceNumber;
    this.subSequenceNumber = record.subSequenceNumber;
    if (record.approximateArrivalTimestamp) {
      this.approximateArrivalTimestamp = record.approximateArrivalTimestamp;
    }
    this.error = cause instanceof Error
      ? cause
      : new Error(textOf(cause), { cause });
    this.attempts = failure.attempts;
  }

  /** The same letter with texts in place of the value and its key. */
  withText(textLength: number): ConsumerLetter<T> {
    return new ConsumerLetter(this.#failure, textLength);
  }

  /** The letter as data. */
  toJSON(): Record<string, unknown> {
    const { value, error, ...rest } = this;
    const hasText = rest.valueText !== undefined;
    return { ...hasText ? {} : { value }, ...rest, error: errorData(error) };
  }
}
