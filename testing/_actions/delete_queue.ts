import { queueArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteQueue.html */
export const deleteQueue: Action = action(
  { QueueARN: required(queueArn) },
  (input, { account }) => {
    const queue = account.queue(input.QueueARN);
    if (queue.status !== "DELETING") {
      queue.startDeletion();
      account.schedule(() => account.queues.delete(queue.id));
    }
    return EMPTY_OUTPUT;
  },
);
