/**
 * The client: one method for each action about streams, shards, records, consumers, tags, policies and the account.
 *
 * @module
 */
import { cborCodec } from "../_aws/cbor_codec.ts";
import type { Codec } from "../_aws/codec.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { credentialsSource } from "./_credentials.ts";
import {
  listAllShards,
  listAllStreamConsumers,
  listAllStreams,
  listAllTagsForStream,
  type ListedStream,
} from "./_paginate.ts";
import { type SubscribeOptions, subscriptionEvents } from "./_subscription.ts";
import { Transport } from "./_transport.ts";
import { waitFor, type WaitOptions } from "./_wait.ts";
import {
  type CallOptions,
  type KinesisClientOptions,
  resolveClientOptions,
  type ResolvedClientOptions,
} from "./options.ts";
import type * as api from "./_api.ts";

/**
 * A client for Kinesis Data Streams: typed requests and answers in the API's own shapes, signed, with a time limit,
 * tried again where that helps. It holds no connection and needs no closing.
 *
 * Every method rejects with a {@linkcode ServiceError} when Kinesis answers with an error, a {@linkcode ConnectionError}
 * or {@linkcode TimeoutError} when no answer comes, a {@linkcode ResponseError} when the answer is not one of Kinesis,
 * a {@linkcode CredentialsError} when there are no credentials, a {@linkcode KinesisError} when the region, the endpoint or the
 * `fetch` cannot be used, and with the signal's reason when it is aborted; the two that
 * write records also with a `TypeError` when their data is no `Uint8Array`.
 *
 * @example
 * ```ts
 * import { KinesisClient } from "@webstreams/kinesis/client";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * const client = new KinesisClient({
 *   region: "eu-west-1",
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   fetch: server.fetch,
 * });
 * await client.createStream({ StreamName: "orders", ShardCount: 2 });
 * await client.waitUntilActive({ StreamName: "orders" });
 * const { ShardId } = await client.putRecord({
 *   StreamName: "orders",
 *   Data: new TextEncoder().encode("hello"),
 *   PartitionKey: "customer-1",
 * });
 * assertEquals(ShardId, "shardId-000000000001");
 * ```
 */
export class KinesisClient {
  readonly #options: ResolvedClientOptions;
  readonly #codec: Codec;
  readonly #transport: Transport;

  /**
   * Makes a client. Nothing is sent, and no environment is read, before the first call.
   *
   * @throws {TypeError} if `region`, `endpoint` or `protocol` is malformed, an option has a wrong type, or two do not go together
   * @throws {CredentialsError} `InvalidCredentials` if `credentials` is an object whose keys are missing or empty, or have characters
   * that keys cannot have
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: KinesisClientOptions = {}) {
    this.#options = resolveClientOptions(options);
    this.#codec = this.#options.protocol === "cbor" ? cborCodec : jsonCodec;
    this.#transport = new Transport(
      this.#options,
      this.#codec,
      credentialsSource(this.#options.credentials, this.#options),
    );
  }

  /**
   * The time of the service, in milliseconds since the epoch: the `Date` of its last answer,
   * carried on by a clock that does not jump. It is up to a second and the time of a round trip
   * behind, and never ahead, whatever the clock of this machine says.
   * `undefined` before the first answer, and where answers have no `Date` that may be read
   * (browsers hide it).
   */
  serviceNow(): number | undefined {
    return this.#transport.serviceNow;
  }

  /** Writes one record. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
  putRecord(
    request: api.PutRecordRequest,
    options?: CallOptions,
  ): Promise<api.PutRecordResponse> {
    return this.#call("PutRecord", request, options);
  }

  /**
   * Writes up to 500 records. Resolves even when some of them were not stored: look at `FailedRecordCount` and at the
   * `ErrorCode` of every entry. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
   */
  putRecords(
    request: api.PutRecordsRequest,
    options?: CallOptions,
  ): Promise<api.PutRecordsResponse> {
    return this.#call("PutRecords", request, options);
  }

  /** Gets an iterator, which lives 5 minutes. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
  getShardIterator(
    request: api.GetShardIteratorRequest,
    options?: CallOptions,
  ): Promise<api.GetShardIteratorResponse> {
    return this.#call("GetShardIterator", request, options);
  }

  /** Reads records from an iterator on. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
  getRecords(
    request: api.GetRecordsRequest,
    options?: CallOptions,
  ): Promise<api.GetRecordsResponse> {
    return this.#call("GetRecords", request, options);
  }

  /** Makes a stream; it is `CREATING` for a while. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
  async createStream(
    request: api.CreateStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("CreateStream", request, options);
  }

  /** Removes a stream with all its records. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html */
  async deleteStream(
    request: api.DeleteStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteStream", request, options);
  }

  /** Describes a stream with a page of its shards; `describeStreamSummary` and `listShards` may be asked more often. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html */
  describeStream(
    request: api.DescribeStreamRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamResponse> {
    return this.#call("DescribeStream", request, options);
  }

  /** Describes a stream without its shards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html */
  describeStreamSummary(
    request: api.DescribeStreamSummaryRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamSummaryResponse> {
    return this.#call("DescribeStreamSummary", request, options);
  }

  /** Lists one page of streams. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html */
  listStreams(
    request: api.ListStreamsRequest = {},
    options?: CallOptions,
  ): Promise<api.ListStreamsResponse> {
    return this.#call("ListStreams", request, options);
  }

  /** Lists all streams, page after page, as they are asked for. */
  listAllStreams(
    request: Omit<api.ListStreamsRequest, "NextToken"> = {},
    options?: CallOptions,
  ): AsyncGenerator<ListedStream, void> {
    return listAllStreams((page) => this.listStreams(page, options), request);
  }

  /** Lists one page of shards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
  listShards(
    request: api.ListShardsRequest,
    options?: CallOptions,
  ): Promise<api.ListShardsResponse> {
    return this.#call("ListShards", request, options);
  }

  /** Closes a shard and opens two in its place. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html */
  async splitShard(
    request: api.SplitShardRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("SplitShard", request, options);
  }

  /** Closes two neighbours and opens one in their place. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html */
  async mergeShards(
    request: api.MergeShardsRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("MergeShards", request, options);
  }

  /** Splits and merges until there are so many shards, all of the same size. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
  updateShardCount(
    request: api.UpdateShardCountRequest,
    options?: CallOptions,
  ): Promise<api.UpdateShardCountResponse> {
    return this.#call("UpdateShardCount", request, options);
  }

  /** Lists all shards, page after page, as they are asked for. */
  listAllShards(
    request: Omit<api.ListShardsRequest, "NextToken">,
    options?: CallOptions,
  ): AsyncGenerator<api.Shard, void> {
    return listAllShards((page) => this.listShards(page, options), request);
  }

  /** Changes between provisioned and on-demand capacity. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html */
  async updateStreamMode(
    request: api.UpdateStreamModeRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UpdateStreamMode", request, options);
  }

  /** Changes the write capacity that an on-demand stream has at once. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html */
  updateStreamWarmThroughput(
    request: api.UpdateStreamWarmThroughputRequest,
    options?: CallOptions,
  ): Promise<api.UpdateStreamWarmThroughputResponse> {
    return this.#call("UpdateStreamWarmThroughput", request, options);
  }

  /** Changes how large a record of the stream may be. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html */
  async updateMaxRecordSize(
    request: api.UpdateMaxRecordSizeRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UpdateMaxRecordSize", request, options);
  }

  /** Changes how records of an on-demand stream find their shards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html */
  async updateStreamRecordDistributionStrategy(
    request: api.UpdateStreamRecordDistributionStrategyRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call(
      "UpdateStreamRecordDistributionStrategy",
      request,
      options,
    );
  }

  /** Keeps records longer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html */
  async increaseStreamRetentionPeriod(
    request: api.StreamRetentionPeriodRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("IncreaseStreamRetentionPeriod", request, options);
  }

  /** Keeps records less long; older ones are gone at once. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html */
  async decreaseStreamRetentionPeriod(
    request: api.StreamRetentionPeriodRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DecreaseStreamRetentionPeriod", request, options);
  }

  /** Encrypts records from now on with a KMS key. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html */
  async startStreamEncryption(
    request: api.StreamEncryptionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("StartStreamEncryption", request, options);
  }

  /** Stops encrypting records. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StopStreamEncryption.html */
  async stopStreamEncryption(
    request: api.StreamEncryptionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("StopStreamEncryption", request, options);
  }

  /** Switches metrics of single shards on. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_EnableEnhancedMonitoring.html */
  enableEnhancedMonitoring(
    request: api.EnhancedMonitoringRequest,
    options?: CallOptions,
  ): Promise<api.EnhancedMonitoringResponse> {
    return this.#call("EnableEnhancedMonitoring", request, options);
  }

  /** Switches metrics of single shards off. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DisableEnhancedMonitoring.html */
  disableEnhancedMonitoring(
    request: api.EnhancedMonitoringRequest,
    options?: CallOptions,
  ): Promise<api.EnhancedMonitoringResponse> {
    return this.#call("DisableEnhancedMonitoring", request, options);
  }

  /** Registers a consumer with enhanced fan-out; it is `CREATING` for a while. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
  registerStreamConsumer(
    request: api.RegisterStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<api.RegisterStreamConsumerResponse> {
    return this.#call("RegisterStreamConsumer", request, options);
  }

  /** Removes a consumer and ends its subscriptions. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html */
  async deregisterStreamConsumer(
    request: api.DeregisterStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeregisterStreamConsumer", request, options);
  }

  /** Describes a consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html */
  describeStreamConsumer(
    request: api.DescribeStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamConsumerResponse> {
    return this.#call("DescribeStreamConsumer", request, options);
  }

  /** Lists one page of consumers of a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html */
  listStreamConsumers(
    request: api.ListStreamConsumersRequest,
    options?: CallOptions,
  ): Promise<api.ListStreamConsumersResponse> {
    return this.#call("ListStreamConsumers", request, options);
  }

  /** Lists all consumers of a stream, page after page, as they are asked for. */
  listAllStreamConsumers(
    request: Omit<api.ListStreamConsumersRequest, "NextToken">,
    options?: CallOptions,
  ): AsyncGenerator<api.StreamConsumer, void> {
    return listAllStreamConsumers(
      (page) => this.listStreamConsumers(page, options),
      request,
    );
  }

  /**
   * Subscribes to a shard for 5 minutes. Resolves when the subscription has begun, with a stream of its events: they are
   * read as they are asked for, the stream closes after 5 minutes or at the end of the shard, and cancelling it ends the
   * subscription. Go on with `AFTER_SEQUENCE_NUMBER` and the last `ContinuationSequenceNumber`.
   *
   * The stream errors with a {@linkcode ServiceError} when Kinesis ends it with one (`ResourceInUseException` when the
   * same consumer subscribes again), a {@linkcode TimeoutError} when it falls silent, a {@linkcode ConnectionError} when
   * the connection breaks, a {@linkcode ResponseError} when it is damaged, and with the signal's reason.
   *
   * Needs a `fetch` that speaks HTTP/2, as those of Deno and browsers do. That of Bun needs the option
   * `protocol: "http2"`, that of Node does not speak it.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
   */
  async subscribeToShard(
    request: api.SubscribeToShardRequest,
    options: SubscribeOptions = {},
  ): Promise<ReadableStream<api.SubscribeToShardEvent>> {
    const { signal } = options;
    const idleTimeoutMs = new OptionCheck("Cannot SubscribeToShard").time(
      "idleTimeoutMs",
      options.idleTimeoutMs,
      { default: 15_000 },
    );
    const { response, target } = await this.#transport.open(
      "SubscribeToShard",
      request,
      options,
    );
    return subscriptionEvents(response, {
      target,
      codec: this.#codec,
      clock: this.#options.clock,
      idleTimeoutMs,
      signal,
    });
  }

  /** Adds or changes tags of a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html */
  async addTagsToStream(
    request: api.AddTagsToStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("AddTagsToStream", request, options);
  }

  /** Removes tags of a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html */
  async removeTagsFromStream(
    request: api.RemoveTagsFromStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("RemoveTagsFromStream", request, options);
  }

  /** Lists one page of tags of a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html */
  listTagsForStream(
    request: api.ListTagsForStreamRequest,
    options?: CallOptions,
  ): Promise<api.ListTagsForStreamResponse> {
    return this.#call("ListTagsForStream", request, options);
  }

  /** Adds or changes tags of a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html */
  async tagResource(
    request: api.TagResourceRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("TagResource", request, options);
  }

  /** Removes tags of a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html */
  async untagResource(
    request: api.UntagResourceRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UntagResource", request, options);
  }

  /** Lists the tags of a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html */
  listTagsForResource(
    request: api.ListTagsForResourceRequest,
    options?: CallOptions,
  ): Promise<api.ListTagsForResourceResponse> {
    return this.#call("ListTagsForResource", request, options);
  }

  /** Lists all tags of a stream, page after page, as they are asked for. */
  listAllTagsForStream(
    request: Omit<api.ListTagsForStreamRequest, "ExclusiveStartTagKey">,
    options?: CallOptions,
  ): AsyncGenerator<api.Tag, void> {
    return listAllTagsForStream(
      (page) => this.listTagsForStream(page, options),
      request,
    );
  }

  /** Lets other accounts use a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html */
  async putResourcePolicy(
    request: api.PutResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("PutResourcePolicy", request, options);
  }

  /** Reads the policy of a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html */
  getResourcePolicy(
    request: api.ResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<api.GetResourcePolicyResponse> {
    return this.#call("GetResourcePolicy", request, options);
  }

  /** Removes the policy of a stream or consumer. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html */
  async deleteResourcePolicy(
    request: api.ResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteResourcePolicy", request, options);
  }

  /** Tells how many shards and streams the account may have. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html */
  describeLimits(
    options?: CallOptions,
  ): Promise<api.DescribeLimitsResponse> {
    return this.#call("DescribeLimits", {}, options);
  }

  /** Reads the settings of the account. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeAccountSettings.html */
  describeAccountSettings(
    options?: CallOptions,
  ): Promise<api.AccountSettingsResponse> {
    return this.#call("DescribeAccountSettings", {}, options);
  }

  /** Changes the settings of the account. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html */
  updateAccountSettings(
    request: api.UpdateAccountSettingsRequest,
    options?: CallOptions,
  ): Promise<api.AccountSettingsResponse> {
    return this.#call("UpdateAccountSettings", request, options);
  }

  /**
   * Waits until a stream is `ACTIVE`, asking less and less often.
   *
   * @throws {WaiterError} if it is not within `timeoutMs`
   */
  async waitUntilActive(
    stream: api.StreamTarget,
    options: WaitOptions = {},
  ): Promise<api.StreamDescriptionSummary> {
    return (await this.#waitForStream("ACTIVE", stream, options))!;
  }

  /**
   * Waits until a stream does not exist any more.
   *
   * @throws {WaiterError} if it still does after `timeoutMs`
   */
  async waitUntilDeleted(
    stream: api.StreamTarget,
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#waitForStream("DELETED", stream, options);
  }

  /**
   * Waits until a consumer is `ACTIVE` and can subscribe, asking less and less often.
   *
   * @throws {WaiterError} if it is not within `timeoutMs`
   */
  async waitUntilConsumerActive(
    consumer: api.ConsumerTarget,
    options: WaitOptions = {},
  ): Promise<api.ConsumerDescription> {
    const found = await waitFor(
      {
        what: `consumer "${consumer.ConsumerName ?? consumer.ConsumerARN}"`,
        wanted: "ACTIVE",
        describe: async (call) =>
          (await this.describeStreamConsumer(consumer, call))
            .ConsumerDescription,
        stateOf: (seen) => seen.ConsumerStatus,
      },
      options,
      this.#options,
    );
    return found!;
  }

  #waitForStream(
    wanted: "ACTIVE" | "DELETED",
    stream: api.StreamTarget,
    options: WaitOptions,
  ): Promise<api.StreamDescriptionSummary | undefined> {
    return waitFor(
      {
        what: `stream "${stream.StreamName ?? stream.StreamARN}"`,
        wanted,
        describe: async (call) =>
          (await this.describeStreamSummary(stream, call))
            .StreamDescriptionSummary,
        stateOf: (seen) => seen.StreamStatus,
      },
      options,
      this.#options,
    );
  }

  async #call<Response>(
    action: string,
    request: object,
    options?: CallOptions,
  ): Promise<Response> {
    const answer = await this.#transport.call(action, request, options);
    return answer as Response;
  }
}
