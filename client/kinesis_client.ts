/**
 * The client: one method for each action on streams, shards, records, consumers, queues, channels,
 * tags, policies and the account.
 *
 * @module
 */
import { cborCodec } from "../_aws/cbor_codec.ts";
import type { Codec } from "../_aws/codec.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { checkPutData } from "../_aws/put_data.ts";
import type { CallOptions, ServiceOptions } from "../_service/options.ts";
import { setBatchForm } from "../_core/batch_form.ts";
import { Transport } from "../_service/transport.ts";
import type { WaitOptions } from "../_service/wait.ts";
import { Destinations } from "./_destination.ts";
import { KINESIS } from "./_kinesis_service.ts";
import {
  listAllChannels,
  listAllQueues,
  listAllShards,
  listAllStreamConsumers,
  listAllStreams,
  listAllTagsForStream,
  type ListedStream,
} from "./_paginate.ts";
import {
  preflight,
  type PreflightOptions,
  type PreflightReport,
} from "./_preflight.ts";
import { type SubscribeOptions, subscriptionEvents } from "./_subscription.ts";
import { Waits } from "./_waits.ts";
import {
  type KinesisClientOptions,
  resolveClientOptions,
  type ResolvedClientOptions,
} from "./options.ts";
import type * as api from "./_api.ts";

/** How long the service waits for a record of a queue if the request does not say, in seconds. */
const WAIT_SECONDS = 9;

/**
 * A client for Kinesis Data Streams. Requests and answers have the shapes of the API. Requests are
 * signed, have a time limit, and are retried if another attempt may succeed. A client holds no
 * connection and does not need to be closed.
 *
 * Every method rejects with one of these:
 *
 * - {@linkcode ServiceError} if Kinesis answers with an error
 * - {@linkcode ConnectionError} or {@linkcode TimeoutError} if there is no complete answer
 * - {@linkcode ResponseError} if the answer is not one of Kinesis
 * - {@linkcode CredentialsError} if there are no credentials
 * - {@linkcode KinesisError} if the region, the endpoint or `fetch` cannot be used
 * - the reason of the signal if the signal aborts
 * - `TypeError`, from `putRecord` and `putRecords`, if the data of a record is not a `Uint8Array`
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
  readonly #waits: Waits;

  /**
   * Makes a client. It sends nothing and reads no variables or files before the first call.
   *
   * @throws {TypeError} if an option has a wrong type or format, or two options exclude each other
   * @throws {RangeError} if a number is out of its range
   * @throws {CredentialsError} `InvalidCredentials` if `credentials` is an object and a key is
   * missing, empty, or has a character that keys cannot have
   */
  constructor(options: KinesisClientOptions = {}) {
    this.#options = resolveClientOptions(options);
    this.#codec = this.#options.protocol === "cbor" ? cborCodec : jsonCodec;
    this.#transport = new Transport({
      service: KINESIS,
      options: this.#options,
      codec: this.#codec,
      destinations: new Destinations(this.#options),
    });
    this.#waits = new Waits(this, this.#options);
  }

  /**
   * The time of the service, in milliseconds since the epoch: the `Date` of its last answer, plus
   * the time since then on the monotonic clock. It does not depend on the time that this machine is
   * set to. It is never ahead of the service, and is behind it by at most one second and one round
   * trip. `undefined` before the first answer, and in browsers, which hide `Date`.
   */
  serviceNow(): number | undefined {
    return this.#transport.serviceNow;
  }

  /**
   * Options for requests to other services with the same credentials: all options of this client
   * that other services share, without `endpoint`, `hooks` and `protocol`.
   */
  get serviceOptions(): ServiceOptions {
    const { maxAttempts, maxDelayMs, ...options } = this.#options;
    const { region, useFips, useDualStack, credentials, fetch } = options;
    const { timeoutMs, allowHttp, environment, clock, random } = options;
    return {
      ...{ region, useFips, useDualStack, credentials, fetch },
      ...{ timeoutMs, allowHttp, environment, clock, random },
      retry: { maxAttempts, maxDelayMs },
    };
  }

  /**
   * Finds out which permissions a producer or consumer lacks, before anything is written or read.
   * Asks with `DryRun` where the service has it, and with calls that change nothing otherwise: up to
   * 8 requests.
   *
   * Permissions of the lease table are not checked. If the server does not know `DryRun`, as some
   * emulators, `kinesis:PutRecords` is `unknown`, because the record would be stored.
   * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
   *
   * @example
   * ```ts
   * import { KinesisClient } from "@webstreams/kinesis/client";
   * import { KinesisServer, withPolicy } from "@webstreams/kinesis/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const server = new KinesisServer();
   * server.createStream("orders");
   * const client = new KinesisClient({
   *   region: "us-east-1",
   *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
   *   fetch: withPolicy(server.fetch, {
   *     Statement: {
   *       Effect: "Allow",
   *       Action: ["kinesis:ListShards", "kinesis:GetShardIterator"],
   *       Resource: "*",
   *     },
   *   }),
   * });
   * const report = await client.preflight({ stream: "orders", as: "consumer" });
   * assertEquals(report.ok, false);
   * assertEquals(report.missing, ["kinesis:GetRecords"]);
   * ```
   *
   * @throws {TypeError} if an option is wrong
   * @throws {ServiceError} if a call fails for another reason, for example because the stream does
   * not exist
   */
  preflight(options: PreflightOptions): Promise<PreflightReport> {
    return preflight(this, options);
  }

  /**
   * Writes one record. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
   */
  putRecord(
    request: api.PutRecordRequest,
    options?: CallOptions,
  ): Promise<api.PutRecordResponse> {
    return this.#call("PutRecord", request, options);
  }

  /**
   * Writes up to 500 records. Resolves also if some of them were not stored: check
   * `FailedRecordCount` and the `ErrorCode` of each entry.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
   */
  putRecords(
    request: api.PutRecordsRequest,
    options?: CallOptions,
  ): Promise<api.PutRecordsResponse> {
    return this.#call("PutRecords", request, options);
  }

  /**
   * Gets an iterator, which is valid for 5 minutes.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
   */
  getShardIterator(
    request: api.GetShardIteratorRequest,
    options?: CallOptions,
  ): Promise<api.GetShardIteratorResponse> {
    return this.#call("GetShardIterator", request, options);
  }

  /**
   * Reads the next records from an iterator.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
   */
  getRecords(
    request: api.GetRecordsRequest,
    options?: CallOptions,
  ): Promise<api.GetRecordsResponse> {
    return this.#call("GetRecords", request, options);
  }

  /**
   * Creates a stream. Its status is `CREATING` at first.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
   */
  async createStream(
    request: api.CreateStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("CreateStream", request, options);
  }

  /**
   * Deletes a stream with all its records.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html
   */
  async deleteStream(
    request: api.DeleteStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteStream", request, options);
  }

  /**
   * Describes a stream with one page of its shards. `describeStreamSummary` and `listShards` have
   * higher rate limits.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html
   */
  describeStream(
    request: api.DescribeStreamRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamResponse> {
    return this.#call("DescribeStream", request, options);
  }

  /**
   * Describes a stream without its shards.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
   */
  describeStreamSummary(
    request: api.DescribeStreamSummaryRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamSummaryResponse> {
    return this.#call("DescribeStreamSummary", request, options);
  }

  /**
   * Lists one page of streams.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html
   */
  listStreams(
    request: api.ListStreamsRequest = {},
    options?: CallOptions,
  ): Promise<api.ListStreamsResponse> {
    return this.#call("ListStreams", request, options);
  }

  /** Lists all streams. Each page is fetched when the iteration needs it. */
  listAllStreams(
    request: Omit<api.ListStreamsRequest, "NextToken"> = {},
    options?: CallOptions,
  ): AsyncGenerator<ListedStream, void> {
    return listAllStreams((page) => this.listStreams(page, options), request);
  }

  /**
   * Lists one page of shards.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
   */
  listShards(
    request: api.ListShardsRequest,
    options?: CallOptions,
  ): Promise<api.ListShardsResponse> {
    return this.#call("ListShards", request, options);
  }

  /**
   * Closes a shard and opens two child shards.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html
   */
  async splitShard(
    request: api.SplitShardRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("SplitShard", request, options);
  }

  /**
   * Closes two adjacent shards and opens one child shard.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html
   */
  async mergeShards(
    request: api.MergeShardsRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("MergeShards", request, options);
  }

  /**
   * Splits and merges shards until the stream has the given number of shards of equal size.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
   */
  updateShardCount(
    request: api.UpdateShardCountRequest,
    options?: CallOptions,
  ): Promise<api.UpdateShardCountResponse> {
    return this.#call("UpdateShardCount", request, options);
  }

  /** Lists all shards. Each page is fetched when the iteration needs it. */
  listAllShards(
    request: Omit<api.ListShardsRequest, "NextToken">,
    options?: CallOptions,
  ): AsyncGenerator<api.Shard, void> {
    return listAllShards((page) => this.listShards(page, options), request);
  }

  /**
   * Switches between provisioned and on-demand capacity.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html
   */
  async updateStreamMode(
    request: api.UpdateStreamModeRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UpdateStreamMode", request, options);
  }

  /**
   * Changes the write capacity that an on-demand stream keeps ready.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html
   */
  updateStreamWarmThroughput(
    request: api.UpdateStreamWarmThroughputRequest,
    options?: CallOptions,
  ): Promise<api.UpdateStreamWarmThroughputResponse> {
    return this.#call("UpdateStreamWarmThroughput", request, options);
  }

  /**
   * Changes the largest size of a record.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html
   */
  async updateMaxRecordSize(
    request: api.UpdateMaxRecordSizeRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UpdateMaxRecordSize", request, options);
  }

  /**
   * Changes how an on-demand stream distributes records to shards.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html
   */
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

  /**
   * Makes the retention period longer.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
   */
  async increaseStreamRetentionPeriod(
    request: api.StreamRetentionPeriodRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("IncreaseStreamRetentionPeriod", request, options);
  }

  /**
   * Makes the retention period shorter. Records that are older are deleted at once.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html
   */
  async decreaseStreamRetentionPeriod(
    request: api.StreamRetentionPeriodRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DecreaseStreamRetentionPeriod", request, options);
  }

  /**
   * Starts encrypting new records with a KMS key.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html
   */
  async startStreamEncryption(
    request: api.StreamEncryptionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("StartStreamEncryption", request, options);
  }

  /**
   * Stops encrypting new records.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StopStreamEncryption.html
   */
  async stopStreamEncryption(
    request: api.StreamEncryptionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("StopStreamEncryption", request, options);
  }

  /**
   * Enables metrics per shard.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_EnableEnhancedMonitoring.html
   */
  enableEnhancedMonitoring(
    request: api.EnhancedMonitoringRequest,
    options?: CallOptions,
  ): Promise<api.EnhancedMonitoringResponse> {
    return this.#call("EnableEnhancedMonitoring", request, options);
  }

  /**
   * Disables metrics per shard.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DisableEnhancedMonitoring.html
   */
  disableEnhancedMonitoring(
    request: api.EnhancedMonitoringRequest,
    options?: CallOptions,
  ): Promise<api.EnhancedMonitoringResponse> {
    return this.#call("DisableEnhancedMonitoring", request, options);
  }

  /**
   * Registers a consumer for enhanced fan-out. Its status is `CREATING` at first.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
   */
  registerStreamConsumer(
    request: api.RegisterStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<api.RegisterStreamConsumerResponse> {
    return this.#call("RegisterStreamConsumer", request, options);
  }

  /**
   * Deregisters a consumer and ends its subscriptions.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html
   */
  async deregisterStreamConsumer(
    request: api.DeregisterStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeregisterStreamConsumer", request, options);
  }

  /**
   * Describes a consumer.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html
   */
  describeStreamConsumer(
    request: api.DescribeStreamConsumerRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamConsumerResponse> {
    return this.#call("DescribeStreamConsumer", request, options);
  }

  /**
   * Lists one page of consumers of a stream.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html
   */
  listStreamConsumers(
    request: api.ListStreamConsumersRequest,
    options?: CallOptions,
  ): Promise<api.ListStreamConsumersResponse> {
    return this.#call("ListStreamConsumers", request, options);
  }

  /** Lists all consumers of a stream. Each page is fetched when the iteration needs it. */
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
   * Subscribes to a shard for 5 minutes. Resolves with a stream of events when the subscription has
   * started. An event is read when the stream's reader asks for it. The stream closes after 5
   * minutes or at the end of the shard; to continue, subscribe again with `AFTER_SEQUENCE_NUMBER`
   * and the last `ContinuationSequenceNumber`. Cancelling the stream ends the subscription.
   *
   * The stream errors with one of these:
   *
   * - {@linkcode ServiceError} if Kinesis ends the subscription: `ResourceInUseException` if the
   *   same consumer subscribes again
   * - {@linkcode TimeoutError} if no event arrives within `idleTimeoutMs`
   * - {@linkcode ConnectionError} if the connection breaks
   * - {@linkcode ResponseError} if an event is damaged
   * - the reason of the signal if the signal aborts
   *
   * Requires a `fetch` with HTTP/2, such as those of Deno and browsers. The `fetch` of Bun needs
   * the option `protocol: "http2"`. The `fetch` of Node.js has no HTTP/2.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
   */
  async subscribeToShard(
    request: api.SubscribeToShardRequest,
    options: SubscribeOptions = {},
  ): Promise<ReadableStream<api.SubscribeToShardEvent>> {
    const { signal } = options;
    const idleTimeoutMs = timeOption(
      new OptionCheck("Cannot SubscribeToShard"),
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

  /**
   * Creates a queue over an on-demand stream. Its status is `CREATING` at first. If an answer is
   * lost, the repeated call fails with `ResourceInUseException` although the queue was created:
   * `listAllQueues` finds its ARN.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateQueue.html
   */
  createQueue(
    request: api.CreateQueueRequest,
    options?: CallOptions,
  ): Promise<api.QueueResponse> {
    return this.#call("CreateQueue", request, options);
  }

  /**
   * Deletes a queue and its dead letters. The records of the stream stay.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteQueue.html
   */
  async deleteQueue(
    request: api.DeleteQueueRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteQueue", request, options);
  }

  /**
   * Describes a queue.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeQueue.html
   */
  describeQueue(
    request: api.DescribeQueueRequest,
    options?: CallOptions,
  ): Promise<api.QueueResponse> {
    return this.#call("DescribeQueue", request, options);
  }

  /**
   * Changes the settings of a queue. It delivers records meanwhile.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateQueue.html
   */
  updateQueue(
    request: api.UpdateQueueRequest,
    options?: CallOptions,
  ): Promise<api.QueueResponse> {
    return this.#call("UpdateQueue", request, options);
  }

  /**
   * Lists one page of queues.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListQueues.html
   */
  listQueues(
    request: api.ListQueuesRequest = {},
    options?: CallOptions,
  ): Promise<api.ListQueuesResponse> {
    return this.#call("ListQueues", request, options);
  }

  /** Lists all queues. Each page is fetched when the iteration needs it. */
  listAllQueues(
    request: Omit<api.ListQueuesRequest, "NextToken"> = {},
    options?: CallOptions,
  ): AsyncGenerator<api.QueueSummary, void> {
    return listAllQueues((page) => this.listQueues(page, options), request);
  }

  /**
   * Receives up to 10 records, which are invisible to other receivers for a while. Waits for a
   * record. The time limit of the attempt starts when this wait is over.
   *
   * If an answer is lost, the call is repeated. The records of the lost answer stay invisible until
   * their time is over, and that delivery counts towards `MaxReceiveCount`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ReceiveQueueRecords.html
   */
  receiveQueueRecords(
    request: api.ReceiveQueueRecordsRequest,
    options?: CallOptions,
  ): Promise<api.ReceiveQueueRecordsResponse> {
    return this.#receive("ReceiveQueueRecords", request, options);
  }

  /**
   * Removes up to 10 received records. Resolves also if some were not removed: check `Failed`. If an
   * answer is lost and the call is repeated, records that the first attempt has removed are in
   * `Failed` with `ResourceNotFoundException`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AcknowledgeQueueRecords.html
   */
  acknowledgeQueueRecords(
    request: api.QueueEntriesRequest,
    options?: CallOptions,
  ): Promise<api.QueueEntriesResponse> {
    return this.#call("AcknowledgeQueueRecords", request, options);
  }

  /**
   * Changes how long up to 10 received records are invisible; 0 gives them back. Resolves also if
   * some were not changed: check `Failed`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateQueueRecordsVisibility.html
   */
  updateQueueRecordsVisibility(
    request: api.QueueVisibilityRequest,
    options?: CallOptions,
  ): Promise<api.QueueEntriesResponse> {
    return this.#call("UpdateQueueRecordsVisibility", request, options);
  }

  /**
   * Receives up to 10 dead letters, as `receiveQueueRecords` does records.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ReceiveDeadLetterQueueRecords.html
   */
  receiveDeadLetterQueueRecords(
    request: api.ReceiveQueueRecordsRequest,
    options?: CallOptions,
  ): Promise<api.ReceiveQueueRecordsResponse> {
    return this.#receive("ReceiveDeadLetterQueueRecords", request, options);
  }

  /**
   * Deletes up to 10 received dead letters. Resolves also if some were not deleted: check `Failed`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AcknowledgeDeadLetterQueueRecords.html
   */
  acknowledgeDeadLetterQueueRecords(
    request: api.QueueEntriesRequest,
    options?: CallOptions,
  ): Promise<api.QueueEntriesResponse> {
    return this.#call("AcknowledgeDeadLetterQueueRecords", request, options);
  }

  /**
   * Changes how long up to 10 received dead letters are invisible. Resolves also if some were not
   * changed: check `Failed`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateDeadLetterQueueRecordsVisibility.html
   */
  updateDeadLetterQueueRecordsVisibility(
    request: api.QueueVisibilityRequest,
    options?: CallOptions,
  ): Promise<api.QueueEntriesResponse> {
    return this.#call(
      "UpdateDeadLetterQueueRecordsVisibility",
      request,
      options,
    );
  }

  /**
   * Puts up to 10 received dead letters back into the queue, with a receive count of 0. Resolves
   * also if some were not restored: check `Failed`.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RestoreDeadLetterQueueRecords.html
   */
  restoreDeadLetterQueueRecords(
    request: api.QueueEntriesRequest,
    options?: CallOptions,
  ): Promise<api.QueueEntriesResponse> {
    return this.#call("RestoreDeadLetterQueueRecords", request, options);
  }

  /**
   * Creates a channel, which delivers the records of an on-demand stream to S3 or S3 Tables. Its
   * status is `CREATING` at first. If an answer is lost, the repeated call fails with
   * `ResourceInUseException` although the channel was created: `listAllChannels` finds its ARN.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateChannel.html
   */
  createChannel(
    request: api.CreateChannelRequest,
    options?: CallOptions,
  ): Promise<api.ChannelResponse> {
    return this.#call("CreateChannel", request, options);
  }

  /**
   * Deletes a channel. What it has delivered stays.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteChannel.html
   */
  async deleteChannel(
    request: api.DeleteChannelRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteChannel", request, options);
  }

  /**
   * Describes a channel.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeChannel.html
   */
  describeChannel(
    request: api.DescribeChannelRequest,
    options?: CallOptions,
  ): Promise<api.ChannelResponse> {
    return this.#call("DescribeChannel", request, options);
  }

  /**
   * Changes how soon a channel delivers, or its log.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateChannel.html
   */
  updateChannel(
    request: api.UpdateChannelRequest,
    options?: CallOptions,
  ): Promise<api.ChannelResponse> {
    return this.#call("UpdateChannel", request, options);
  }

  /**
   * Lists one page of channels.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListChannels.html
   */
  listChannels(
    request: api.ListChannelsRequest = {},
    options?: CallOptions,
  ): Promise<api.ListChannelsResponse> {
    return this.#call("ListChannels", request, options);
  }

  /** Lists all channels. Each page is fetched when the iteration needs it. */
  listAllChannels(
    request: Omit<api.ListChannelsRequest, "NextToken"> = {},
    options?: CallOptions,
  ): AsyncGenerator<api.ChannelSummary, void> {
    return listAllChannels((page) => this.listChannels(page, options), request);
  }

  /**
   * Adds or changes tags of a stream.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html
   */
  async addTagsToStream(
    request: api.AddTagsToStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("AddTagsToStream", request, options);
  }

  /**
   * Removes tags of a stream.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html
   */
  async removeTagsFromStream(
    request: api.RemoveTagsFromStreamRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("RemoveTagsFromStream", request, options);
  }

  /**
   * Lists one page of tags of a stream.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html
   */
  listTagsForStream(
    request: api.ListTagsForStreamRequest,
    options?: CallOptions,
  ): Promise<api.ListTagsForStreamResponse> {
    return this.#call("ListTagsForStream", request, options);
  }

  /**
   * Adds or changes tags of a stream, consumer, queue or channel.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html
   */
  async tagResource(
    request: api.TagResourceRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("TagResource", request, options);
  }

  /**
   * Removes tags of a stream, consumer, queue or channel.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html
   */
  async untagResource(
    request: api.UntagResourceRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("UntagResource", request, options);
  }

  /**
   * Lists the tags of a stream, consumer, queue or channel.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html
   */
  listTagsForResource(
    request: api.ListTagsForResourceRequest,
    options?: CallOptions,
  ): Promise<api.ListTagsForResourceResponse> {
    return this.#call("ListTagsForResource", request, options);
  }

  /** Lists all tags of a stream. Each page is fetched when the iteration needs it. */
  listAllTagsForStream(
    request: Omit<api.ListTagsForStreamRequest, "ExclusiveStartTagKey">,
    options?: CallOptions,
  ): AsyncGenerator<api.Tag, void> {
    return listAllTagsForStream(
      (page) => this.listTagsForStream(page, options),
      request,
    );
  }

  /**
   * Sets the policy of a stream, consumer or queue, which can give access to other accounts.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html
   */
  async putResourcePolicy(
    request: api.PutResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("PutResourcePolicy", request, options);
  }

  /**
   * Reads the policy of a stream, consumer or queue.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html
   */
  getResourcePolicy(
    request: api.ResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<api.GetResourcePolicyResponse> {
    return this.#call("GetResourcePolicy", request, options);
  }

  /**
   * Deletes the policy of a stream, consumer or queue.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html
   */
  async deleteResourcePolicy(
    request: api.ResourcePolicyRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this.#call("DeleteResourcePolicy", request, options);
  }

  /**
   * Returns the limits of the account on shards and streams, and how many it has.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html
   */
  describeLimits(
    options?: CallOptions,
  ): Promise<api.DescribeLimitsResponse> {
    return this.#call("DescribeLimits", {}, options);
  }

  /**
   * Reads the settings of the account.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeAccountSettings.html
   */
  describeAccountSettings(
    options?: CallOptions,
  ): Promise<api.AccountSettingsResponse> {
    return this.#call("DescribeAccountSettings", {}, options);
  }

  /**
   * Changes the settings of the account.
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html
   */
  updateAccountSettings(
    request: api.UpdateAccountSettingsRequest,
    options?: CallOptions,
  ): Promise<api.AccountSettingsResponse> {
    return this.#call("UpdateAccountSettings", request, options);
  }

  /**
   * Waits until a stream is `ACTIVE`. Polls with growing delays, up to 5 seconds.
   *
   * @throws {WaiterError} if the stream is not `ACTIVE` within `timeoutMs`
   */
  async waitUntilActive(
    stream: api.StreamTarget,
    options: WaitOptions = {},
  ): Promise<api.StreamDescriptionSummary> {
    return (await this.#waits.stream("ACTIVE", stream, options))!;
  }

  /**
   * Waits until a stream is deleted.
   *
   * @throws {WaiterError} if the stream still exists after `timeoutMs`
   */
  async waitUntilDeleted(
    stream: api.StreamTarget,
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#waits.stream("DELETED", stream, options);
  }

  /**
   * Waits until a consumer is `ACTIVE` and can subscribe. Polls with growing delays, up to 5
   * seconds.
   *
   * @throws {WaiterError} if the consumer is not `ACTIVE` within `timeoutMs`
   */
  async waitUntilConsumerActive(
    consumer: api.ConsumerTarget,
    options: WaitOptions = {},
  ): Promise<api.ConsumerDescription> {
    return (await this.#waits.consumer(consumer, options))!;
  }

  /**
   * Waits until a queue is `ACTIVE`. Polls with growing delays, up to 5 seconds.
   *
   * @throws {WaiterError} if the queue is not `ACTIVE` within `timeoutMs`, or will never be: its
   * status is `DELETING`
   */
  async waitUntilQueueActive(
    queue: api.QueueTarget,
    options: WaitOptions = {},
  ): Promise<api.QueueDescription> {
    return (await this.#waits.queue("ACTIVE", queue, options))!;
  }

  /**
   * Waits until a queue is deleted. Its stream can be deleted only then.
   *
   * @throws {WaiterError} if the queue still exists after `timeoutMs`
   */
  async waitUntilQueueDeleted(
    queue: api.QueueTarget,
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#waits.queue("DELETED", queue, options);
  }

  /**
   * Waits until a channel is `ACTIVE`. Polls with growing delays, up to 5 seconds.
   *
   * @throws {WaiterError} if the channel is not `ACTIVE` within `timeoutMs`, or will never be: its
   * status is `DELETING` or `FAILED`
   */
  async waitUntilChannelActive(
    channel: api.ChannelTarget,
    options: WaitOptions = {},
  ): Promise<api.ChannelDescription> {
    return (await this.#waits.channel("ACTIVE", channel, options))!;
  }

  /**
   * Waits until a channel is deleted. Its stream can be deleted only then.
   *
   * @throws {WaiterError} if the channel still exists after `timeoutMs`
   */
  async waitUntilChannelDeleted(
    channel: api.ChannelTarget,
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#waits.channel("DELETED", channel, options);
  }

  async #receive(
    action: string,
    request: api.ReceiveQueueRecordsRequest,
    options?: CallOptions,
  ): Promise<api.ReceiveQueueRecordsResponse> {
    const { WaitTimeSeconds = WAIT_SECONDS } = request;
    const answer = await this.#transport.call(action, request, {
      ...options,
      waitMs: WaitTimeSeconds * 1000,
    });
    return answer as api.ReceiveQueueRecordsResponse;
  }

  static {
    // `Consumer` uses this form. It belongs to the method, so a client of the user with another
    // `getRecords` has no such form.
    setBatchForm(
      this.prototype.getRecords,
      function (
        this: KinesisClient,
        request: api.GetRecordsRequest,
        options?: CallOptions,
      ) {
        return this.#transport.call("GetRecords", request, {
          ...options,
          viewsRecords: true,
        });
      },
    );
  }

  async #call<Response>(
    action: string,
    request: object,
    options?: CallOptions,
  ): Promise<Response> {
    checkPutData(action, request);
    const answer = await this.#transport.call(action, request, options);
    return answer as Response;
  }
}
