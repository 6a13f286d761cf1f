/**
 * The two ways to call a handler: for one value, or for a batch.
 *
 * @module
 */
import { BatchQueue } from "../../_processing/batch_queue.ts";
import { KeyedQueue } from "../../_processing/keyed_queue.ts";
import type { KeyOf } from "../../_processing/lane_queue.ts";
import { failedRecords } from "../../_processing/batch_result.ts";
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
    failuresIn: () => [],
    namesFailures: () => false,
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
    namesFailures: (result) => result !== undefined && result !== null,
  };
  return new Processing({ ...source, settings, mode });
}

function keyOfOrder<T>(ordering: ProcessingOrder): KeyOf<ConsumerRecord<T>> {
  if (ordering === "none") return undefined;
  return ordering === "key" ? ({ partitionKey }) => partitionKey : () => "";
}
