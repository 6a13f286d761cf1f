import {
  MAX_SHARD_COUNT_UPDATES,
  SHARD_COUNT_UPDATE_WINDOW_MS,
} from "../_state/limits.ts";
import { streamReference } from "../_wire/fields.ts";
import { invalidArgument, limitExceeded } from "../_wire/service_error.ts";
import { integer, required, text } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { requireProvisioned, scheduleUpdate } from "./schedule_update.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
export const updateShardCount: Action = action({
  ...streamReference,
  TargetShardCount: required(integer({ min: 1 })),
  ScalingType: required(text({ values: ["UNIFORM_SCALING"] })),
}, (input, { account }) => {
  const stream = account.stream(input);
  requireProvisioned(stream, "UpdateShardCount");
  stream.requireActive();
  const { TargetShardCount: target } = input;
  const current = stream.shards.open.length;
  if (target === current) {
    throw invalidArgument(
      `UpdateShardCount cannot be used with the current shard count ${current} of ${stream.label}.`,
    );
  }
  if (target > current * 2) {
    throw limitExceeded(
      `UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: ${current} Target shard count: ${target}`,
    );
  }
  if (target < Math.ceil(current / 2)) {
    throw limitExceeded(
      `UpdateShardCount cannot scale down below half of your current open shard count. Current open shard count: ${current} Target shard count: ${target}`,
    );
  }
  if (target > current) account.requireShards(target - current);
  const since = account.now - SHARD_COUNT_UPDATE_WINDOW_MS;
  const recent = stream.shardCountUpdatedAt.filter((at) => at > since);
  if (recent.length >= MAX_SHARD_COUNT_UPDATES) {
    throw limitExceeded(
      `UpdateShardCount was called ${recent.length} times in 24 hours for ${stream.label}, and ${MAX_SHARD_COUNT_UPDATES} are allowed.`,
    );
  }
  stream.shardCountUpdatedAt = [...recent, account.now];
  scheduleUpdate(account, stream, (now) => stream.shards.resize(target, now));
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardCount: current,
    TargetShardCount: target,
  };
});
