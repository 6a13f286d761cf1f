/**
 * Hooks of consumers of queues, for metrics and logs. They are called as those of `hooks.ts`, and
 * have names of their own: one object can have all hooks.
 *
 * @module
 */
import type { DecodeError } from "./errors.ts";
import type { QueueRecord } from "./records.ts";

/** A receive request has been answered. */
export interface QueueReceiveEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The number of records in the answer. */
  readonly records: number;
  /** The size of their data in bytes. */
  readonly bytes: number;
  /** From the request to the answer, in milliseconds, with the wait for records. */
  readonly durationMs: number;
  /** The receive requests under way, with this one. */
  readonly polls: number;
}

/** A request with up to ten entries has ended. */
export interface QueueEntriesEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /**
   * - `acknowledge`: the records are removed
   * - `visibility`: they are given back, or stay invisible for longer
   * - `restore`: dead letters are put back into the queue
   */
  readonly action: "acknowledge" | "visibility" | "restore";
  /** The number of entries. */
  readonly entries: number;
  /** The entries that the request did not serve. They are sent again if that can help. */
  readonly failed: number;
  /** From the request to the answer, in milliseconds. */
  readonly durationMs: number;
  /** The error of the whole request, if it failed. */
  readonly error?: unknown;
}

/** A record is visible to other receivers again, before the application has settled it. */
export interface QueueLostEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The id of the record. */
  readonly recordId: string;
  /** How often it was delivered. */
  readonly receiveCount: number;
  /** How long this consumer had it, in milliseconds. */
  readonly heldMs: number;
  /**
   * Whether the application had settled it, and only the acknowledgement did not arrive in time. It
   * is delivered again in any case.
   */
  readonly wasSettled: boolean;
  /** The error of the extension or acknowledgement. Absent if there was none in time. */
  readonly error?: unknown;
}

/** A value could not be decoded, and the option `onPoison` of the consumer has decided. */
export interface QueueDecodeErrorEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The id of the record. */
  readonly recordId: string;
  /** How often the record was delivered. */
  readonly receiveCount: number;
  /** The error, with the record that could not be decoded. */
  readonly error: DecodeError;
  /**
   * `skip`: the record is acknowledged. `return`: it is given back, and becomes a dead letter when
   * it was received too often. `fail`: the consumer fails.
   */
  readonly decision: "return" | "skip" | "fail";
}

/** A receive request has failed, and is repeated. */
export interface QueueReceiveErrorEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The error. */
  readonly error: unknown;
  /** The number of failures in a row, from 1. */
  readonly attempt: number;
  /** The delay before the next request, in milliseconds. */
  readonly retryDelayMs: number;
}

/** A call of the handler of `QueueConsumer.process` or `processBatches` has ended. */
export interface QueueHandledEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The values of the call. Keep none of them: they may be large, or secret. */
  readonly records: readonly QueueRecord<unknown>[];
  /** The number of the call for these values in this delivery, from 1. */
  readonly attempt: number;
  /** The time from the call to its end, in milliseconds. */
  readonly durationMs: number;
  /** The number of values that the call did not process. 0 if it succeeded. */
  readonly failed: number;
  /** The error of the first of these values. */
  readonly error?: unknown;
}

/** A call of the handler of `QueueConsumer.process` or `processBatches` has failed. */
export interface QueueHandlerErrorEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The id of the record with the first value that failed. */
  readonly recordId: string;
  /** The index of this value in its record, from 0. */
  readonly subSequenceNumber: number;
  /** How often the record was delivered. */
  readonly receiveCount: number;
  /** The number of values of the call that failed. */
  readonly values: number;
  /** The error of the first value that failed. */
  readonly error: unknown;
  /** The number of the call for these values in this delivery, from 1. */
  readonly attempt: number;
  /** How many of `values` are given up, so that `onPoison` decides about them. */
  readonly givenUp: number;
  /** The delay before the next call for the others, in milliseconds. Absent if there is none. */
  readonly retryDelayMs?: number;
}

/** A call of the handler of `QueueConsumer.process` or `processBatches` does not end. */
export interface QueueHandlerTimeoutEvent {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** What is read: the records of the queue, or its dead letters. */
  readonly part: "records" | "dead-letters";
  /** The id of the record with the first value of the call. */
  readonly recordId: string;
  /** The index of this value in its record, from 0. */
  readonly subSequenceNumber: number;
  /** The number of values of the call. */
  readonly values: number;
  /** The number of the call for these values in this delivery, from 1. */
  readonly attempt: number;
  /**
   * - `late`: `timeoutMs` is over, and the signal of the call was aborted
   * - `given-up`: `graceMs` is over as well. The result of the call is ignored, and its records are
   *   delivered again when their visibility timeout is over.
   */
  readonly state: "late" | "given-up";
}

/** Hooks of a {@linkcode QueueConsumer}. */
export interface QueueHooks {
  /** Called after every answer to a receive request, also without records. */
  onReceive?(event: QueueReceiveEvent): void;
  /** Called after every request that acknowledges, gives back, extends or restores records. */
  onEntries?(event: QueueEntriesEvent): void;
  /** Called when a record is visible to other receivers again before it was settled. */
  onVisibilityLost?(event: QueueLostEvent): void;
  /** Called when a receive request has failed and will be repeated. */
  onReceiveError?(event: QueueReceiveErrorEvent): void;
  /** Called when a value could not be decoded, after `onPoison` has decided about it. */
  onQueueDecodeError?(event: QueueDecodeErrorEvent): void;
  /** Called when a call of the handler has ended; before `onQueueHandlerError`. */
  onQueueHandled?(event: QueueHandledEvent): void;
  /** Called when a call of the handler has failed. */
  onQueueHandlerError?(event: QueueHandlerErrorEvent): void;
  /** Called when a call of the handler has exceeded its time limit, and when it is given up. */
  onQueueHandlerTimeout?(event: QueueHandlerTimeoutEvent): void;
}
