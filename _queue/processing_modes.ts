/**
 * The two ways to call a handler for the values of a queue: for one value, or for a batch.
 *
 * @module
 */
import { failedRecords } from "../_processing/batch_result.ts";
import { BatchQueue } from "../_processing/batch_queue.ts";
import { KeyedQueue } from "../_processing/keyed_queue.ts";
import type { Clock } from "../_core/clock.ts";
import type {
  QueueBatchHandler,
  QueueRecordHandler,
} from "./process_options.ts";
import type { QueueProcessingMode } from "./processing.ts";
import { DeliveredQueueRecord } from "./record.ts";
import type { BatchSettings } from "./resolved_process_options.ts";

/** Calls the handler for one value at a time. */
export function oneByOne<T, R>(
  handler: QueueRecordHandler<T, R>,
): QueueProcessingMode<T> {
  return {
    queue: () => new KeyedQueue(undefined),
    call: ([record], context) => handler(record as R, context),
    failuresIn: () => [],
    namesFailures: () => false,
    isShared: false,
  };
}

/** Calls the handler for several values at a time, of any records. */
export function inBatches<T, R>(
  handler: QueueBatchHandler<T, R>,
  { maxValues, maxWaitMs }: BatchSettings,
  clock: Clock,
): QueueProcessingMode<T> {
  return {
    queue: (onDue) =>
      new BatchQueue({ keyOf: undefined, maxValues, maxWaitMs, clock, onDue }),
    call(records, context) {
      const held = records.filter((record) => !isLost(record));
      // Lost while they waited: they are delivered again.
      if (held.length === 0) return undefined;
      return handler(held as R[], context);
    },
    namesFailures: (result) => result !== undefined && result !== null,
    failuresIn: (result, records) =>
      failedRecords(result, records).filter(({ record }) => !isLost(record)),
    isShared: true,
  };
}

function isLost(record: object): boolean {
  return DeliveredQueueRecord.heldOf(record).isOver;
}
