import { structure } from "../_wire/shape.ts";
import type { Action } from "./action.ts";
import { judgeEntries, receiptHandle } from "./judge_entries.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RestoreDeadLetterQueueRecords.html
 */
export const restoreDeadLetterQueueRecords: Action = judgeEntries(
  "deadLetters",
  structure({ ReceiptHandle: receiptHandle }),
  (records, receipt, _entry, now) => records.restore(receipt, now),
);
