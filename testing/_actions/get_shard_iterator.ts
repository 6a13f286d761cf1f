import {
  iteratorType,
  sequenceNumber,
  shardId,
  streamReference,
} from "../_wire/fields.ts";
import { throughputExceeded } from "../_wire/service_error.ts";
import { flag, required, timestamp } from "../_wire/shape.ts";
import { type Action, action, endDryRun } from "./action.ts";
import { offsetOf } from "./read_position.ts";
import { createIterator } from "./shard_iterator.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
export const getShardIterator: Action = action({
  ...streamReference,
  ShardId: required(shardId),
  ShardIteratorType: required(iteratorType),
  StartingSequenceNumber: sequenceNumber,
  Timestamp: timestamp,
  DryRun: flag,
}, (input, { account, tokens }) => {
  const stream = account.stream(input);
  stream.requireReady();
  const { now } = account;
  const shard = stream.shard(input.ShardId, now);
  const offset = offsetOf(stream, shard, {
    type: input.ShardIteratorType,
    sequenceNumber: input.StartingSequenceNumber,
    timestamp: input.Timestamp,
    action: "GetShardIterator",
  }, now);
  endDryRun(input);
  if (account.options.limits.read) {
    if (!shard.iteratorCalls.has(1, now)) {
      throw throughputExceeded(stream.rateMessage(shard));
    }
    shard.iteratorCalls.take(1);
  }
  return { ShardIterator: createIterator(tokens, stream, shard, offset, now) };
});
