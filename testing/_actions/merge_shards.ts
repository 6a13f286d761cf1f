import { shardId, streamReference } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { requireProvisioned, scheduleUpdate } from "./schedule_update.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html */
export const mergeShards: Action = action({
  ...streamReference,
  ShardToMerge: required(shardId),
  AdjacentShardToMerge: required(shardId),
}, (input, { account }) => {
  const stream = account.stream(input);
  requireProvisioned(stream, "MergeShards");
  stream.requireActive();
  const first = stream.openShard(input.ShardToMerge, account.now);
  const second = stream.openShard(input.AdjacentShardToMerge, account.now);
  if (first.end + 1n !== second.start && second.end + 1n !== first.start) {
    throw invalidArgument(
      `Shards ${first.id} and ${second.id} in ${stream.label} are not an adjacent pair of shards eligible for merging`,
    );
  }
  scheduleUpdate(
    account,
    stream,
    (now) => stream.shards.merge(first, second, now),
  );
  return EMPTY_OUTPUT;
});
