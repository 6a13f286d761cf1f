import { ON_DEMAND_STREAM_LIMIT } from "../_state/limits.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html */
export const describeLimits: Action = action({}, (_input, { account }) => ({
  ShardLimit: account.options.shardLimit,
  OpenShardCount: account.openShards,
  OnDemandStreamCount: [...account.streams.values()]
    .filter(({ mode }) => mode === "ON_DEMAND").length,
  OnDemandStreamCountLimit: ON_DEMAND_STREAM_LIMIT,
  ChannelCount: account.channels.size,
}));
