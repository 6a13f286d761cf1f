/**
 * What a consumer of a queue says of itself.
 *
 * @module
 */
import type { QueuePartName } from "./queue_part.ts";

/** The status of a {@linkcode QueueConsumer}. Numbers count from its start. */
export interface QueueConsumerStatus {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: QueuePartName;
  /** The receive requests under way. */
  readonly polls: number;
  /** Records that are received and not settled. */
  readonly inFlight: number;
  /** The size of their data in bytes. */
  readonly inFlightBytes: number;
  /** Values that are received and not taken by the application. */
  readonly buffered: number;
  /** How long the oldest of these records has been held, in milliseconds. Absent without one. */
  readonly oldestMs?: number;
  /** Records that were received. A record counts at each delivery. */
  readonly received: number;
  /** Records that are removed from the queue. */
  readonly acknowledged: number;
  /** Records that were given back. */
  readonly returned: number;
  /** Dead letters that were put back into the queue. */
  readonly restored: number;
  /** Records that became visible to other receivers before they were settled. */
  readonly lost: number;
  /** Values that could not be decoded. */
  readonly undecodable: number;
  /** The handlers under way, during `process` and `processBatches`. */
  readonly processing?: QueueProcessingStatus;
}

/** The status of `process` or `processBatches`. */
export interface QueueProcessingStatus {
  /** Values that the handler has processed. */
  readonly processed: number;
  /** Calls of the handler that were repetitions. */
  readonly retries: number;
  /** Values that were given back to the queue. */
  readonly returned: number;
  /** Values that were given up by `"skip"` or by a function. */
  readonly skipped: number;
  /** The calls under way that take time. */
  readonly running: readonly RunningQueueHandler[];
  /** Values that wait for their first call. */
  readonly queued: number;
  /** Calls that wait for their next attempt, or whose values are being given up. */
  readonly waiting: number;
}

/** A call of a handler that is under way. */
export interface RunningQueueHandler {
  /** The id of the record with the first value of the call. */
  readonly recordId: string;
  /** The index of this value in its record, from 0. */
  readonly subSequenceNumber: number;
  /** The number of values of the call. */
  readonly values: number;
  /** The number of the call for these values in this delivery, from 1. */
  readonly attempt: number;
  /** For how long it runs, in milliseconds. */
  readonly runningMs: number;
  /** Whether it has exceeded its time limit. */
  readonly isLate: boolean;
}
