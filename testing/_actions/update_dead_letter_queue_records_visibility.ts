import { required, structure } from "../_wire/shape.ts";
import type { Action } from "./action.ts";
import { judgeEntries, receiptHandle } from "./judge_entries.ts";
import { visibilityTimeout } from "./queue_attributes.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateDeadLetterQueueRecordsVisibility.html
 */
export const updateDeadLetterQueueRecordsVisibility: Action = judgeEntries(
  "deadLetters",
  structure({
    ReceiptHandle: receiptHandle,
    VisibilityTimeoutSeconds: required(visibilityTimeout),
  }),
  (records, receipt, { VisibilityTimeoutSeconds: seconds }, now) =>
    records.setVisibility(receipt, seconds * 1_000, now),
);
