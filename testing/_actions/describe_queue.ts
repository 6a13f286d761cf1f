import { queueArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeQueue.html */
export const describeQueue: Action = action(
  { QueueARN: required(queueArn) },
  (input, { account }) => ({
    QueueDescription: account.queue(input.QueueARN).describe(),
  }),
);
