import { type Action, action } from "./action.ts";
import { listPage, listShape } from "./list_page.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListChannels.html */
export const listChannels: Action = action(listShape, (input, context) => {
  const channels = context.account.channels.values();
  const { page, nextToken } = listPage("channels", channels, input, context);
  return {
    ChannelSummaries: page.map((channel) => channel.summarize()),
    NextToken: nextToken,
  };
});
