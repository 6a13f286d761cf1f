/**
 * A client without signatures. Signing uses Web Crypto, which works in another thread, and no
 * virtual clock can wait for that.
 *
 * @module
 */
import { jsonCodec } from "../../_aws/json_codec.ts";
import { serviceError } from "../../_aws/service_error.ts";
import type {
  CallOptions,
  DescribeStreamResponse,
  DescribeStreamSummaryResponse,
  GetRecordsResponse,
  GetShardIteratorResponse,
  ListShardsResponse,
  PutRecordsResponse,
  Shard,
  StreamDescriptionSummary,
  StreamTarget,
} from "../../client/mod.ts";
import type { ConsumerClient } from "../../consumer.ts";
import type { ProducerClient } from "../../producer.ts";
import { ConnectionError } from "../../errors.ts";
import type { Fetch } from "../_faults/exchange.ts";

/**
 * A client without signatures, retries and time limits, for tests on a `VirtualClock`: the signatures
 * of a `KinesisClient` are made in another thread, and a virtual clock cannot wait for that. Give it
 * to a producer or consumer together with the clock. It has no methods but those that they call.
 *
 * @example A throttle that lasts a minute, without real seconds
 * ```ts
 * import { DirectClient, KinesisServer, VirtualClock, withFaults } from "@webstreams/kinesis/testing";
 * import { Producer } from "@webstreams/kinesis";
 * import { json } from "@webstreams/kinesis/processors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * const server = new KinesisServer({ clock });
 * const { streamName } = server.createStream("orders");
 * const match = () => clock.monotonic() < 60_000;
 * const rules = [{ action: "PutRecords", match, fault: { type: "throttle" } as const }];
 * const client = new DirectClient(withFaults(server.fetch, { rules, clock }));
 * const processor = json<number>();
 * const maxAttempts = 100;
 * const producer = new Producer({ client, streamName, processor, clock, maxAttempts });
 * const { attempts } = await clock.runUntil(producer.put(1));
 * assert(attempts > 5);
 * assert(clock.monotonic() >= 60_000);
 * await clock.runUntil(producer.close());
 * assertEquals(server.records(streamName).length, 1);
 * ```
 */
export class DirectClient implements ConsumerClient, ProducerClient {
  readonly #fetch: Fetch;

  /** Sends requests with `fetch`. */
  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** Reads records. */
  getRecords(
    request: object,
    options?: CallOptions,
  ): Promise<GetRecordsResponse> {
    return this.#call("GetRecords", request, options);
  }

  /** The position at which reading starts. */
  getShardIterator(
    request: object,
    options?: CallOptions,
  ): Promise<GetShardIteratorResponse> {
    return this.#call("GetShardIterator", request, options);
  }

  /** Describes a stream with its shards. */
  describeStream(
    request: object,
    options?: CallOptions,
  ): Promise<DescribeStreamResponse> {
    return this.#call("DescribeStream", request, options);
  }

  /** The shards of a stream: at most 1 000. */
  async *listAllShards(
    request: object,
    options?: CallOptions,
  ): AsyncGenerator<Shard, void> {
    // The in-memory server has a page of 1 000 shards, and a simulation has fewer.
    const { Shards } = await this.#call<ListShardsResponse>(
      "ListShards",
      request,
      options,
    );
    yield* Shards ?? [];
  }

  /** Writes records. */
  putRecords(
    request: object,
    options?: CallOptions,
  ): Promise<PutRecordsResponse> {
    return this.#call("PutRecords", request, options);
  }

  /** Describes a stream without its shards. */
  describeStreamSummary(
    request: object,
    options?: CallOptions,
  ): Promise<DescribeStreamSummaryResponse> {
    return this.#call("DescribeStreamSummary", request, options);
  }

  /** Creates a stream. */
  createStream(request: object, options?: CallOptions): Promise<void> {
    return this.#call("CreateStream", request, options);
  }

  /** Does not wait: streams of an in-memory server that `createStream` has made are active. */
  async waitUntilActive(
    stream: StreamTarget,
  ): Promise<StreamDescriptionSummary> {
    return (await this.describeStreamSummary(stream)).StreamDescriptionSummary;
  }

  /** Does not wait. */
  waitUntilDeleted(): Promise<void> {
    return Promise.resolve();
  }

  async #call<R>(
    action: string,
    request: object,
    { signal }: CallOptions = {},
  ): Promise<R> {
    let response: Response;
    let body: Uint8Array<ArrayBuffer>;
    try {
      response = await this.#fetch("https://kinesis.test/", {
        method: "POST",
        headers: {
          "content-type": jsonCodec.contentType,
          "x-amz-target": `Kinesis_20131202.${action}`,
        },
        body: jsonCodec.encode(action, request),
        signal,
      });
      body = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new ConnectionError(`Cannot ${action}: the connection broke`, {
        cause,
      });
    }
    if (response.ok) return jsonCodec.decode(action, body) as R;
    const { status, headers } = response;
    throw serviceError({
      action,
      target: "DirectClient",
      status,
      headers,
      body: jsonCodec.decodeError(body),
    });
  }
}
