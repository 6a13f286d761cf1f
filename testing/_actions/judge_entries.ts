/**
 * The common part of the five actions that change up to 10 records of a queue: each entry is judged
 * alone, and the answer lists which have succeeded and which have failed.
 *
 * @module
 */
import type {
  LaneName,
  QueueRecords,
  Receipt,
} from "../_state/queue_records.ts";
import { queueArn } from "../_wire/fields.ts";
import { ServiceFault } from "../_wire/service_error.ts";
import {
  type Field,
  list,
  required,
  type RequiredField,
  text,
} from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { readReceipt } from "./receipt.ts";

/** The member ReceiptHandle. */
export const receiptHandle: RequiredField<string> = required(
  text({ min: 1, max: 1_024 }),
);

/** Makes an action that calls `change` for each entry. An entry for which it throws has failed. */
export function judgeEntries<E extends { ReceiptHandle: string }>(
  lane: LaneName,
  entry: Field<E>,
  change: (
    records: QueueRecords,
    receipt: Receipt,
    entry: E,
    now: number,
  ) => void,
): Action {
  return action({
    QueueARN: required(queueArn),
    Entries: required(list(entry, { min: 1, max: 10 })),
  }, (input, { account, tokens }) => {
    const queue = account.queue(input.QueueARN);
    const { records } = queue;
    const successful: unknown[] = [];
    const failed: unknown[] = [];
    for (const entry of input.Entries) {
      const { ReceiptHandle } = entry;
      try {
        const receipt = readReceipt(tokens, queue, lane, ReceiptHandle);
        change(records, receipt, entry, account.now);
        successful.push({ ReceiptHandle });
      } catch (error) {
        if (!(error instanceof ServiceFault)) throw error;
        const { type: ErrorCode, message: ErrorMessage } = error;
        failed.push({ ReceiptHandle, ErrorCode, ErrorMessage });
      }
    }
    queue.notify();
    return { Successful: successful, Failed: failed };
  });
}
