/**
 * The actions on the records of a queue.
 *
 * @module
 */

/** The actions that receive records. */
export const RECEIVE_ACTIONS: readonly string[] = [
  "ReceiveQueueRecords",
  "ReceiveDeadLetterQueueRecords",
];

/** The actions that change records by their receipt handles, and judge each entry alone. */
export const ENTRY_ACTIONS: readonly string[] = [
  "AcknowledgeQueueRecords",
  "AcknowledgeDeadLetterQueueRecords",
  "UpdateQueueRecordsVisibility",
  "UpdateDeadLetterQueueRecordsVisibility",
  "RestoreDeadLetterQueueRecords",
];
