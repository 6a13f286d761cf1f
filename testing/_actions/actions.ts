/**
 * All actions of the server, by name.
 *
 * @module
 */
import type { Action } from "./action.ts";
import { acknowledgeDeadLetterQueueRecords } from "./acknowledge_dead_letter_queue_records.ts";
import { acknowledgeQueueRecords } from "./acknowledge_queue_records.ts";
import { addTagsToStream } from "./add_tags_to_stream.ts";
import { createChannel } from "./create_channel.ts";
import { createQueue } from "./create_queue.ts";
import { createStream } from "./create_stream.ts";
import { decreaseStreamRetentionPeriod } from "./decrease_stream_retention_period.ts";
import { deleteChannel } from "./delete_channel.ts";
import { deleteQueue } from "./delete_queue.ts";
import { deleteResourcePolicy } from "./delete_resource_policy.ts";
import { deleteStream } from "./delete_stream.ts";
import { deregisterStreamConsumer } from "./deregister_stream_consumer.ts";
import { describeAccountSettings } from "./describe_account_settings.ts";
import { describeChannel } from "./describe_channel.ts";
import { describeLimits } from "./describe_limits.ts";
import { describeQueue } from "./describe_queue.ts";
import { describeStream } from "./describe_stream.ts";
import { describeStreamConsumer } from "./describe_stream_consumer.ts";
import { describeStreamSummary } from "./describe_stream_summary.ts";
import { disableEnhancedMonitoring } from "./disable_enhanced_monitoring.ts";
import { enableEnhancedMonitoring } from "./enable_enhanced_monitoring.ts";
import { getRecords } from "./get_records.ts";
import { getResourcePolicy } from "./get_resource_policy.ts";
import { getShardIterator } from "./get_shard_iterator.ts";
import { increaseStreamRetentionPeriod } from "./increase_stream_retention_period.ts";
import { listChannels } from "./list_channels.ts";
import { listQueues } from "./list_queues.ts";
import { listShards } from "./list_shards.ts";
import { listStreamConsumers } from "./list_stream_consumers.ts";
import { listStreams } from "./list_streams.ts";
import { listTagsForResource } from "./list_tags_for_resource.ts";
import { listTagsForStream } from "./list_tags_for_stream.ts";
import { mergeShards } from "./merge_shards.ts";
import { putRecord } from "./put_record.ts";
import { putRecords } from "./put_records.ts";
import { putResourcePolicy } from "./put_resource_policy.ts";
import { receiveDeadLetterQueueRecords } from "./receive_dead_letter_queue_records.ts";
import { receiveQueueRecords } from "./receive_queue_records.ts";
import { registerStreamConsumer } from "./register_stream_consumer.ts";
import { removeTagsFromStream } from "./remove_tags_from_stream.ts";
import { restoreDeadLetterQueueRecords } from "./restore_dead_letter_queue_records.ts";
import { splitShard } from "./split_shard.ts";
import { startStreamEncryption } from "./start_stream_encryption.ts";
import { stopStreamEncryption } from "./stop_stream_encryption.ts";
import { subscribeToShard } from "./subscribe_to_shard.ts";
import { tagResource } from "./tag_resource.ts";
import { untagResource } from "./untag_resource.ts";
import { updateAccountSettings } from "./update_account_settings.ts";
import { updateChannel } from "./update_channel.ts";
import { updateDeadLetterQueueRecordsVisibility } from "./update_dead_letter_queue_records_visibility.ts";
import { updateMaxRecordSize } from "./update_max_record_size.ts";
import { updateQueue } from "./update_queue.ts";
import { updateQueueRecordsVisibility } from "./update_queue_records_visibility.ts";
import { updateShardCount } from "./update_shard_count.ts";
import { updateStreamMode } from "./update_stream_mode.ts";
import { updateStreamRecordDistributionStrategy } from "./update_stream_record_distribution_strategy.ts";
import { updateStreamWarmThroughput } from "./update_stream_warm_throughput.ts";

/** The actions by the name in the `X-Amz-Target` header. */
export const actions: ReadonlyMap<string, Action> = new Map(Object.entries({
  AcknowledgeDeadLetterQueueRecords: acknowledgeDeadLetterQueueRecords,
  AcknowledgeQueueRecords: acknowledgeQueueRecords,
  AddTagsToStream: addTagsToStream,
  CreateChannel: createChannel,
  CreateQueue: createQueue,
  CreateStream: createStream,
  DecreaseStreamRetentionPeriod: decreaseStreamRetentionPeriod,
  DeleteChannel: deleteChannel,
  DeleteQueue: deleteQueue,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteStream: deleteStream,
  DeregisterStreamConsumer: deregisterStreamConsumer,
  DescribeAccountSettings: describeAccountSettings,
  DescribeChannel: describeChannel,
  DescribeLimits: describeLimits,
  DescribeQueue: describeQueue,
  DescribeStream: describeStream,
  DescribeStreamConsumer: describeStreamConsumer,
  DescribeStreamSummary: describeStreamSummary,
  DisableEnhancedMonitoring: disableEnhancedMonitoring,
  EnableEnhancedMonitoring: enableEnhancedMonitoring,
  GetRecords: getRecords,
  GetResourcePolicy: getResourcePolicy,
  GetShardIterator: getShardIterator,
  IncreaseStreamRetentionPeriod: increaseStreamRetentionPeriod,
  ListChannels: listChannels,
  ListQueues: listQueues,
  ListShards: listShards,
  ListStreamConsumers: listStreamConsumers,
  ListStreams: listStreams,
  ListTagsForResource: listTagsForResource,
  ListTagsForStream: listTagsForStream,
  MergeShards: mergeShards,
  PutRecord: putRecord,
  PutRecords: putRecords,
  PutResourcePolicy: putResourcePolicy,
  ReceiveDeadLetterQueueRecords: receiveDeadLetterQueueRecords,
  ReceiveQueueRecords: receiveQueueRecords,
  RegisterStreamConsumer: registerStreamConsumer,
  RemoveTagsFromStream: removeTagsFromStream,
  RestoreDeadLetterQueueRecords: restoreDeadLetterQueueRecords,
  SplitShard: splitShard,
  StartStreamEncryption: startStreamEncryption,
  StopStreamEncryption: stopStreamEncryption,
  SubscribeToShard: subscribeToShard,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAccountSettings: updateAccountSettings,
  UpdateChannel: updateChannel,
  UpdateDeadLetterQueueRecordsVisibility:
    updateDeadLetterQueueRecordsVisibility,
  UpdateMaxRecordSize: updateMaxRecordSize,
  UpdateQueue: updateQueue,
  UpdateQueueRecordsVisibility: updateQueueRecordsVisibility,
  UpdateShardCount: updateShardCount,
  UpdateStreamMode: updateStreamMode,
  UpdateStreamRecordDistributionStrategy:
    updateStreamRecordDistributionStrategy,
  UpdateStreamWarmThroughput: updateStreamWarmThroughput,
}));
