import { RESUBSCRIBE_AFTER_MS } from "../../_aws/limits.ts";
import {
  consumerArn,
  iteratorType,
  sequenceNumber,
  shardId,
} from "../_wire/fields.ts";
import { inUse } from "../_wire/service_error.ts";
import { flag, required, structure, timestamp } from "../_wire/shape.ts";
import { type Action, action, endDryRun } from "./action.ts";
import { offsetOf } from "./read_position.ts";
import { SubscriptionStream } from "./subscription_stream.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html */
export const subscribeToShard: Action = action({
  ConsumerARN: required(consumerArn),
  ShardId: required(shardId),
  StartingPosition: required(structure({
    Type: required(iteratorType),
    SequenceNumber: sequenceNumber,
    Timestamp: timestamp,
  })),
  DryRun: flag,
}, (input, { account, protocol, signal }) => {
  const { now } = account;
  const { stream, consumer } = account.consumer(input.ConsumerARN);
  if (consumer.status !== "ACTIVE") {
    throw inUse(
      `Consumer ${consumer.arn} is not ACTIVE, instead in state ${consumer.status}`,
    );
  }
  stream.requireReady();
  const shard = stream.shard(input.ShardId, now);
  const { StartingPosition: start } = input;
  const offset = offsetOf(stream, shard, {
    type: start.Type,
    sequenceNumber: start.SequenceNumber,
    timestamp: start.Timestamp,
    action: "SubscribeToShard",
  }, now);
  endDryRun(input);
  const previous = consumer.subscriptions.get(shard.id);
  if (previous && now - previous.startedAt < RESUBSCRIBE_AFTER_MS) {
    throw inUse(
      `Another active subscription exists for this consumer: ${consumer.arn} on shard ${shard.id}.`,
    );
  }
  previous?.endWithException(
    "ResourceInUseException",
    `Consumer ${consumer.arn} subscribed to shard ${shard.id} again.`,
  );
  const subscription = new SubscriptionStream({
    account,
    stream,
    shard,
    offset,
    protocol,
    signal,
  });
  consumer.subscriptions.set(shard.id, subscription);
  return { eventStream: subscription.body };
});
