/**
 * The two ways to call a handler: for one value, or for a batch.
 *
 * @module
 */
import { BatchQueue } from "../../_processing/batch_queue.ts";
import { KeyedQueue } from "../../_processing/keyed_queue.ts";
import type { KeyOf } from "../../_processing/lane_queue.ts";
import type { Failure } from "../../_processing/verdict.ts";
import type { ConsumerRecord } from "../../records.ts";
import type {
  BatchHandler,
  ProcessingOrder,
  RecordHandler,
} from "./process_options.ts";
import type {
  BatchSettings,
  ProcessSettings,
} from "./resolved_process_options.ts";
import {
  Processing,
  type ProcessingMode,
  type ProcessingRun,
  type ProcessingSource,
} from "./processing.ts";

const NONE: readonly never[] = [];

/** Calls the handler for one value at a time. */
export function oneByOne<T>(
  source: ProcessingSource<T>,
  handler: RecordHandler<T>,
  settings: ProcessSettings<T>,
): ProcessingRun {
  const keyOf = keyOfOrder<T>(settings.ordering);
  const mode: ProcessingMode<T> = {
    queue: () => new KeyedQueue(keyOf),
    call: ([record], context) => handler(record!, context),
    failuresIn: () => NONE,
  };
  return new Processing({ ...source, settings, mode });
}

/** Calls the handler for several values of a shard at a time. */
export function inBatchesOf<T>(
  source: ProcessingSource<T>,
  handler: BatchHandler<T>,
  settings: ProcessSettings<T> & BatchSettings,
): ProcessingRun {
  const { ordering, maxValues, maxWaitMs } = settings;
  const keyOf = keyOfOrder<T>(ordering);
  const { clock } = source.options;
  const mode: ProcessingMode<T> = {
    queue: (onDue) =>
      new BatchQueue({ keyOf, maxValues, maxWaitMs, clock, onDue }),
    // A copy, because a handler may take values out of its list: `rows.splice(0, 25)`.
    call: (records, context) => handler([...records], context),
    failuresIn: failedRecords,
  };
  return new Processing({ ...source, settings, mode });
}

function keyOfOrder<T>(ordering: ProcessingOrder): KeyOf<ConsumerRecord<T>> {
  if (ordering === "none") return undefined;
  return ordering === "key" ? ({ partitionKey }) => partitionKey : () => "";
}

/**
 * Reads the result of a handler of batches.
 *
 * @throws {TypeError} if it is neither nothing nor a list of records of the batch
 */
function failedRecords<T>(
  result: unknown,
  records: readonly ConsumerRecord<T>[],
): readonly Failure<ConsumerRecord<T>>[] {
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
