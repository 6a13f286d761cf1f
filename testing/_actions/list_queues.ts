import { type Action, action } from "./action.ts";
import { listPage, listShape } from "./list_page.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListQueues.html */
export const listQueues: Action = action(listShape, (input, context) => {
  const queues = context.account.queues.values();
  const { page, nextToken } = listPage("queues", queues, input, context);
  return {
    QueueSummaries: page.map((queue) => queue.summarize()),
    NextToken: nextToken,
  };
});
