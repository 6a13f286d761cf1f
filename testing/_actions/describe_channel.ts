import { channelArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeChannel.html */
export const describeChannel: Action = action(
  { ChannelARN: required(channelArn) },
  (input, { account }) => ({
    ChannelDescription: account.channel(input.ChannelARN).describe(),
  }),
);
