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
  GetRecordsResponse,
  GetShardIteratorResponse,
  ListShardsResponse,
  PutRecordsResponse,
  Shard,
} from "../../client/mod.ts";
import type { ConsumerClient } from "../../consumer.ts";
import { ConnectionError } from "../../errors.ts";
import type { Fetch } from "../_faults/exchange.ts";

/** Sends what a consumer and a writer need. It never tries again. */
export class DirectClient implements ConsumerClient {
  readonly #fetch: Fetch;

  /** Sends requests with `fetch`. */
  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  getRecords(
    request: object,
    options?: CallOptions,
  ): Promise<GetRecordsResponse> {
    return this.#call("GetRecords", request, options);
  }

  getShardIterator(
    request: object,
    options?: CallOptions,
  ): Promise<GetShardIteratorResponse> {
    return this.#call("GetShardIterator", request, options);
  }

  describeStream(
    request: object,
    options?: CallOptions,
  ): Promise<DescribeStreamResponse> {
    return this.#call("DescribeStream", request, options);
  }

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
  putRecords(request: object): Promise<PutRecordsResponse> {
    return this.#call("PutRecords", request);
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
      target: "the simulation",
      status,
      headers,
      body: jsonCodec.decodeError(body),
    });
  }
}
