/**
 * The records of queues and their dead letters. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { QueueTarget } from "./queues.ts";

/** Request of `ReceiveQueueRecords` and `ReceiveDeadLetterQueueRecords`. */
export interface ReceiveQueueRecordsRequest extends QueueTarget {
  /**
   * The most records of the answer: 1 to 10.
   * @default {10}
   */
  Limit?: number;
  /**
   * How long the service waits for a record, in seconds: 1 to 20.
   * @default {9}
   */
  WaitTimeSeconds?: number;
  /**
   * How long the records are invisible to other receivers, in seconds: 0 to 43 200 (12 hours).
   * Default: as the settings of the queue say.
   */
  VisibilityTimeoutSeconds?: number;
}

/** A received record. */
export interface QueueApiRecord {
  /** Identifies the delivery, for acknowledging. Up to 1024 characters. */
  ReceiptHandle: string;
  /** Identifies the record, at each delivery and in each queue. 1 to 64 characters of `a-z0-9`. */
  RecordId: string;
  /** The partition key. Absent if its writer gave none. */
  PartitionKey?: string;
  /** The data, up to 10 MiB. */
  Data: Uint8Array<ArrayBuffer>;
  /** When the stream received it. */
  ApproximateArrivalTimestamp: Date;
  /** When the queue delivered it for the first time. */
  FirstReceiveTimestamp: Date;
  /** The number of deliveries, with this one. */
  ReceiveCount: number;
}

/** Answer of `ReceiveQueueRecords` and `ReceiveDeadLetterQueueRecords`. */
export interface ReceiveQueueRecordsResponse {
  /** The records, in no order. Can be empty. */
  QueueRecords: QueueApiRecord[];
}

/** An entry that names a delivery. */
export interface QueueRecordEntry {
  /** The receipt handle of the delivery. */
  ReceiptHandle: string;
}

/**
 * Request of `AcknowledgeQueueRecords`, `AcknowledgeDeadLetterQueueRecords` and
 * `RestoreDeadLetterQueueRecords`.
 */
export interface QueueEntriesRequest extends QueueTarget {
  /** The deliveries: 1 to 10. */
  Entries: readonly QueueRecordEntry[];
}

/** An entry that changes the visibility of a delivery. */
export interface QueueVisibilityEntry extends QueueRecordEntry {
  /** The time from now until other receivers see the record, in seconds: 0 to 43 200. */
  VisibilityTimeoutSeconds: number;
}

/**
 * Request of `UpdateQueueRecordsVisibility` and `UpdateDeadLetterQueueRecordsVisibility`.
 */
export interface QueueVisibilityRequest extends QueueTarget {
  /** The deliveries: 1 to 10. */
  Entries: readonly QueueVisibilityEntry[];
}

/** An entry that the service has not served. */
export interface QueueErrorEntry extends QueueRecordEntry {
  /**
   * `ResourceNotFoundException`, `InvalidArgumentException`, `ThrottlingException` or
   * `InternalFailureException`. The last two may pass.
   */
  ErrorCode: string;
  /** The reason in words. */
  ErrorMessage?: string;
}

/** Answer of the actions with entries. Each entry is judged alone: check `Failed`. */
export interface QueueEntriesResponse {
  /** The entries that were served. */
  Successful: QueueRecordEntry[];
  /** The entries that were not. */
  Failed: QueueErrorEntry[];
}
