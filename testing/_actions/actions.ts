/**
 * All actions of the server, by name.
 *
 * @module
 */
import type { Action } from "./action.ts";
import { addTagsToStream } from "./add_tags_to_stream.ts";
import { createStream } from "./create_stream.ts";
import { decreaseStreamRetentionPeriod } from "./decrease_stream_retention_period.ts";
import { deleteResourcePolicy } from "./delete_resource_policy.ts";
import { deleteStream } from "./delete_stream.ts";
import { deregisterStreamConsumer } from "./deregister_stream_consumer.ts";
import { describeAccountSettings } from "./describe_account_settings.ts";
import { describeLimits } from "./describe_limits.ts";
import { describeStream } from "./describe_stream.ts";
import { describeStreamConsumer } from "./describe_stream_consumer.ts";
import { describeStreamSummary } from "./describe_stream_summary.ts";
import { disableEnhancedMonitoring } from "./disable_enhanced_monitoring.ts";
import { enableEnhancedMonitoring } from "./enable_enhanced_monitoring.ts";
import { getRecords } from "./get_records.ts";
import { getResourcePolicy } from "./get_resource_policy.ts";
import { getShardIterator } from "./get_shard_iterator.ts";
import { increaseStreamRetentionPeriod } from "./increase_stream_retention_period.ts";
import { listShards } from "./list_shards.ts";
import { listStreamConsumers } from "./list_stream_consumers.ts";
import { listStreams } from "./list_streams.ts";
import { listTagsForResource } from "./list_tags_for_resource.ts";
import { listTagsForStream } from "./list_tags_for_stream.ts";
import { mergeShards } from "./merge_shards.ts";
import { putRecord } from "./put_record.ts";
import { putRecords } from "./put_records.ts";
import { putResourcePolicy } from "./put_resource_policy.ts";
import { registerStreamConsumer } from "./register_stream_consumer.ts";
import { removeTagsFromStream } from "./remove_tags_from_stream.ts";
import { splitShard } from "./split_shard.ts";
import { startStreamEncryption } from "./start_stream_encryption.ts";
import { stopStreamEncryption } from "./stop_stream_encryption.ts";
import { subscribeToShard } from "./subscribe_to_shard.ts";
import { tagResource } from "./tag_resource.ts";
import { untagResource } from "./untag_resource.ts";
import { updateAccountSettings } from "./update_account_settings.ts";
import { updateMaxRecordSize } from "./update_max_record_size.ts";
import { updateShardCount } from "./update_shard_count.ts";
import { updateStreamMode } from "./update_stream_mode.ts";
import { updateStreamRecordDistributionStrategy } from "./update_stream_record_distribution_strategy.ts";
import { updateStreamWarmThroughput } from "./update_stream_warm_throughput.ts";

/** The actions by the name in the `X-Amz-Target` header. */
export const actions: ReadonlyMap<string, Action> = new Map(Object.entries({
  AddTagsToStream: addTagsToStream,
  CreateStream: createStream,
  DecreaseStreamRetentionPeriod: decreaseStreamRetentionPeriod,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteStream: deleteStream,
  DeregisterStreamConsumer: deregisterStreamConsumer,
  DescribeAccountSettings: describeAccountSettings,
  DescribeLimits: describeLimits,
  DescribeStream: describeStream,
  DescribeStreamConsumer: describeStreamConsumer,
  DescribeStreamSummary: describeStreamSummary,
  DisableEnhancedMonitoring: disableEnhancedMonitoring,
  EnableEnhancedMonitoring: enableEnhancedMonitoring,
  GetRecords: getRecords,
  GetResourcePolicy: getResourcePolicy,
  GetShardIterator: getShardIterator,
  IncreaseStreamRetentionPeriod: increaseStreamRetentionPeriod,
  ListShards: listShards,
  ListStreamConsumers: listStreamConsumers,
  ListStreams: listStreams,
  ListTagsForResource: listTagsForResource,
  ListTagsForStream: listTagsForStream,
  MergeShards: mergeShards,
  PutRecord: putRecord,
  PutRecords: putRecords,
  PutResourcePolicy: putResourcePolicy,
  RegisterStreamConsumer: registerStreamConsumer,
  RemoveTagsFromStream: removeTagsFromStream,
  SplitShard: splitShard,
  StartStreamEncryption: startStreamEncryption,
  StopStreamEncryption: stopStreamEncryption,
  SubscribeToShard: subscribeToShard,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAccountSettings: updateAccountSettings,
  UpdateMaxRecordSize: updateMaxRecordSize,
  UpdateShardCount: updateShardCount,
  UpdateStreamMode: updateStreamMode,
  UpdateStreamRecordDistributionStrategy:
    updateStreamRecordDistributionStrategy,
  UpdateStreamWarmThroughput: updateStreamWarmThroughput,
}));
