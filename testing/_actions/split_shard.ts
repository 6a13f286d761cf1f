import { hashKey, shardId, streamReference } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { requireProvisioned, scheduleUpdate } from "./schedule_update.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html */
export const splitShard: Action = action({
  ...streamReference,
  ShardToSplit: required(shardId),
  NewStartingHashKey: required(hashKey),
}, (input, { account }) => {
  const stream = account.stream(input);
  requireProvisioned(stream, "SplitShard");
  stream.requireActive();
  const shard = stream.openShard(input.ShardToSplit, account.now);
  const middle = BigInt(input.NewStartingHashKey);
  if (middle <= shard.start + 1n || middle >= shard.end) {
    throw invalidArgument(
      `NewStartingHashKey ${middle} used in SplitShard() on shard ${shard.id} in ${stream.label} is not both greater than one plus the shard's StartingHashKey ${shard.start} and less than the shard's EndingHashKey ${shard.end}.`,
    );
  }
  account.requireShards(1);
  scheduleUpdate(
    account,
    stream,
    (now) => stream.shards.split(shard, middle, now),
  );
  return EMPTY_OUTPUT;
});
