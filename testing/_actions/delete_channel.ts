import { channelArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteChannel.html */
export const deleteChannel: Action = action(
  { ChannelARN: required(channelArn) },
  (input, { account }) => {
    const channel = account.channel(input.ChannelARN);
    if (channel.status !== "DELETING") {
      channel.status = "DELETING";
      account.schedule(() => account.channels.delete(channel.id));
    }
    return EMPTY_OUTPUT;
  },
);
