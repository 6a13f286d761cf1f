import type { Action } from "./action.ts";
import { receiveAction } from "./receive_records.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ReceiveQueueRecords.html
 */
export const receiveQueueRecords: Action = receiveAction("records");
