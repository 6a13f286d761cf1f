import { queueArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { changedSettings, queueAttributes } from "./queue_attributes.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateQueue.html */
export const updateQueue: Action = action({
  QueueARN: required(queueArn),
  QueueAttributes: required(queueAttributes),
}, (input, { account }) => {
  const queue = account.queue(input.QueueARN);
  const settings = changedSettings(queue.settings, input.QueueAttributes);
  queue.startUpdate(settings);
  const answer = { QueueDescription: queue.describe() };
  account.schedule(() => queue.finishUpdate(account.now));
  return answer;
});
