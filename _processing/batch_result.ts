/**
 * What a handler of batches returns.
 *
 * @module
 */
import type { Failure } from "./verdict.ts";

const NONE: readonly never[] = [];

/**
 * Reads the result of a handler of batches.
 *
 * @throws {TypeError} if it is neither nothing nor a list of records of the batch
 */
export function failedRecords<R>(
  result: unknown,
  records: readonly R[],
): readonly Failure<R>[] {
  if (result === undefined || result === null) return NONE;
  const batch = new Set<unknown>(records);
  const errors = new Map<unknown, unknown>();
  if (!isIterable(result)) throw notFailures(result);
  for (const item of result) {
    if (batch.has(item)) errors.set(item, withoutError());
    else if (isFailure(item) && batch.has(item.record)) {
      errors.set(item.record, item.error);
    } else throw notFailures(item);
  }
  // Returned in the order of the batch, also if the result has another order.
  return records.filter((record) => errors.has(record))
    .map((record) => ({ record, error: errors.get(record) }));
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] ===
      "function";
}

function isFailure(value: unknown): value is Failure<unknown> {
  return typeof value === "object" && value !== null && "record" in value;
}

function withoutError(): Error {
  return new Error("The handler has returned the record as failed");
}

function notFailures(value: unknown): TypeError {
  return new TypeError(
    "Cannot process batches as the handler must return nothing, or an iterable of the records " +
      "that failed, each as it was given or as { record, error }: it has returned " +
      (typeof value === "object" && value !== null
        ? Object.prototype.toString.call(value)
        : `${
          typeof value === "string" ? JSON.stringify(value) : String(value)
        }`),
  );
}
