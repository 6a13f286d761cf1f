import type { ChannelSettings } from "../_state/channel.ts";
import { channelArn } from "../_wire/fields.ts";
import { validation } from "../_wire/service_error.ts";
import { type Field, integer, required, structure } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { channelLogging, loggingOf } from "./channel_shapes.ts";

const freshness: Field<{ DataFreshnessInSeconds: number }> = structure({
  DataFreshnessInSeconds: required(integer()),
});
const DESTINATIONS = [
  "S3DestinationConfiguration",
  "S3TablesDestinationConfiguration",
] as const;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateChannel.html */
export const updateChannel: Action = action({
  ChannelARN: required(channelArn),
  S3DestinationConfiguration: freshness,
  S3TablesDestinationConfiguration: freshness,
  LoggingConfiguration: channelLogging,
}, (input, { account }) => {
  const channel = account.channel(input.ChannelARN);
  channel.requireActive();
  const { settings } = channel;
  const changes: Partial<Record<keyof ChannelSettings, unknown>> = {};
  for (const name of DESTINATIONS) {
    if (input[name] === undefined) continue;
    if (settings[name] === undefined) {
      throw validation(`${name} is not the destination of the channel.`);
    }
    changes[name] = { ...settings[name], ...input[name] };
  }
  if (input.LoggingConfiguration !== undefined) {
    changes.LoggingConfiguration = loggingOf(
      channel,
      input.LoggingConfiguration,
    );
  }
  channel.settings = { ...settings, ...changes } as ChannelSettings;
  channel.status = "UPDATING";
  const answer = { ChannelDescription: channel.describe() };
  account.schedule(() => {
    if (channel.status === "UPDATING") channel.status = "ACTIVE";
  });
  return answer;
});
