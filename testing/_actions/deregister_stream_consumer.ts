import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { consumerReference, findConsumer } from "./consumer_reference.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html */
export const deregisterStreamConsumer: Action = action(
  consumerReference,
  (input, { account }) => {
    const { stream, consumer } = findConsumer(account, input);
    consumer.status = "DELETING";
    account.schedule(() => {
      if (stream.consumers.get(consumer.name) === consumer) {
        stream.consumers.delete(consumer.name);
      }
      consumer.endAllWithException(
        "ResourceNotFoundException",
        `Consumer ${consumer.arn} not found.`,
      );
    });
    return EMPTY_OUTPUT;
  },
);
