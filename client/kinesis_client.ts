/**
 * The client: one method for each action.
 *
 * @module
 */
import { jsonCodec } from "../_aws/json_codec.ts";
import { defaultCredentials } from "../credentials/mod.ts";
import { destinationOf } from "./_destination.ts";
import { listAllShards } from "./_paginate.ts";
import { Transport } from "./_transport.ts";
import {
  type CallOptions,
  type KinesisClientOptions,
  resolveClientOptions,
  type ResolvedClientOptions,
} from "./options.ts";
import type * as api from "./types.ts";
import { waitForStream, type WaitOptions } from "./_wait.ts";

/**
 * A client for Kinesis Data Streams: typed requests and answers in the API's own shapes, signed, with a time limit,
 * tried again where that helps. It holds no connection and needs no closing.
 *
 * Every method rejects with a {@linkcode ServiceError} when Kinesis answers with an error, a {@linkcode ConnectionError}
 * or {@linkcode TimeoutError} when no answer comes, a {@linkcode ResponseError} when the answer is not one of Kinesis,
 * a {@linkcode CredentialsError} when there are no credentials, and with the signal's reason when it is aborted.
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
  readonly #transport: Transport;

  /**
   * Makes a client. Nothing is sent, and no environment is read, before the first call.
   *
   * @throws {TypeError} if `region` or `endpoint` is malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: KinesisClientOptions = {}) {
    this.#options = resolveClientOptions(options);
    this.#transport = new Transport(
      this.#options,
      jsonCodec,
      this.#options.credentials ?? defaultCredentials(),
    );
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

  /** Describes a stream without its shards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html */
  describeStreamSummary(
    request: api.DescribeStreamSummaryRequest,
    options?: CallOptions,
  ): Promise<api.DescribeStreamSummaryResponse> {
    return this.#call("DescribeStreamSummary", request, options);
  }

  /** Lists one page of shards. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
  listShards(
    request: api.ListShardsRequest,
    options?: CallOptions,
  ): Promise<api.ListShardsResponse> {
    return this.#call("ListShards", request, options);
  }

  /** Lists all shards, page after page, as they are asked for. */
  listAllShards(
    request: Omit<api.ListShardsRequest, "NextToken">,
    options?: CallOptions,
  ): AsyncGenerator<api.Shard, void> {
    return listAllShards((page) => this.listShards(page, options), request);
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

  /**
   * Waits until a stream is `ACTIVE`, asking less and less often.
   *
   * @throws {WaiterError} if it is not within `timeoutMs`
   */
  async waitUntilActive(
    stream: api.StreamTarget,
    options: WaitOptions = {},
  ): Promise<api.StreamDescriptionSummary> {
    const summary = await waitForStream(
      "ACTIVE",
      (call) => this.describeStreamSummary(stream, call),
      stream,
      options,
      this.#options,
    );
    return summary!;
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
    await waitForStream(
      "DELETED",
      (call) => this.describeStreamSummary(stream, call),
      stream,
      options,
      this.#options,
    );
  }

  async #call<Response>(
    action: string,
    request: object,
    options?: CallOptions,
  ): Promise<Response> {
    const answer = await this.#transport.call(
      action,
      request,
      destinationOf(this.#options),
      options,
    );
    return answer as Response;
  }
}
