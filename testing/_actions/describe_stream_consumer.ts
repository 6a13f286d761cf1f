import { type Action, action } from "./action.ts";
import { consumerReference, findConsumer } from "./consumer_reference.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html */
export const describeStreamConsumer: Action = action(
  consumerReference,
  (input, { account }) => {
    const { stream, consumer } = findConsumer(account, input);
    return {
      ConsumerDescription: {
        ...consumer.describe(),
        StreamARN: stream.arn,
      },
    };
  },
);
