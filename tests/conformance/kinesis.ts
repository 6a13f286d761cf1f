/**
 * A server under test, called over plain HTTP without KinesisClient.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { AwsClient } from "aws4fetch";
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import { textHeader } from "../../_aws/event_stream_message.ts";
import type { Fetch } from "../../testing/mod.ts";
import {
  type Answer,
  call,
  type CallOptions,
  requestInit,
} from "../testing/_call.ts";
import { assertSame } from "./assert_same.ts";

/** The credentials that all servers under test accept. */
export const CREDENTIALS = { accessKeyId: "AKID", secretAccessKey: "secret" };
const REGION = "us-east-1";
/** Longest wait for one answer, in milliseconds. Emulators are slow on a busy machine. */
const TIME_LIMIT_MS = 20_000;

/** A message of an event stream. */
export interface StreamEvent {
  readonly kind: string;
  // deno-lint-ignore no-explicit-any -- behaviours look at answers of all shapes
  readonly body: any;
}

/** A server and how to reach it. */
export class Kinesis {
  /** The name of the server. */
  readonly name: string;
  /** Longest wait for one answer, in milliseconds. */
  timeLimitMs = TIME_LIMIT_MS;
  readonly #endpoint: string;
  readonly #fetch: Fetch;
  #streams = 0;

  constructor(name: string, endpoint: string, fetch: Fetch) {
    this.name = name;
    this.#endpoint = endpoint;
    this.#fetch = fetch;
  }

  /** Calls an action and returns the answer, of any status. */
  call(
    action: string,
    input: unknown = {},
    options: CallOptions & { secret?: string } = {},
  ): Promise<Answer> {
    return call(
      (_, init) => this.#send(init!, options.secret),
      action,
      input,
      options,
    );
  }

  /** Calls an action, asserts that it succeeds, and returns the body. */
  async ok(
    action: string,
    input: unknown = {},
    options: CallOptions = {},
    // deno-lint-ignore no-explicit-any -- as above
  ): Promise<any> {
    const { status, body } = await this.call(action, input, options);
    assertSame(status, 200, `${action}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Calls an action and asserts that it fails with one of these exceptions and status 400. */
  async fails(
    types: string,
    action: string,
    input: unknown = {},
  ): Promise<void> {
    const { status, body } = await this.call(action, input);
    const type = String(body.__type ?? "none").replace(/^.*#/, "");
    const isOne = types.split("|").includes(type);
    assertSame(
      [status, isOne ? types : type],
      [400, types],
      `${action}: ${JSON.stringify(body).slice(0, 300)}`,
    );
  }

  /** Makes an ACTIVE stream with a new name, for one behaviour. */
  async createStream(shards = 1): Promise<string> {
    const StreamName = `s${++this.#streams}`;
    await this.ok("CreateStream", { StreamName, ShardCount: shards });
    await this.active(StreamName);
    return StreamName;
  }

  /** Waits until a stream is ACTIVE. Returns its description. */
  // deno-lint-ignore no-explicit-any -- as above
  async active(StreamName: string): Promise<any> {
    for (;;) {
      const { StreamDescription: stream } = await this.ok("DescribeStream", {
        StreamName,
      });
      if (stream.StreamStatus === "ACTIVE") return stream;
      await delay(20);
    }
  }

  /** Stores one record. */
  // deno-lint-ignore no-explicit-any -- as above
  put(StreamName: string, PartitionKey: string, rest = {}): Promise<any> {
    const record = { PartitionKey, Data: "aGVsbG8=", ...rest };
    return this.ok("PutRecord", { StreamName, ...record });
  }

  /**
   * The partition keys from a position to the latest record or the end of a shard, and the last
   * answer.
   */
  async read(
    StreamName: string,
    ShardId: string,
    position: Record<string, unknown> = { ShardIteratorType: "TRIM_HORIZON" },
    // deno-lint-ignore no-explicit-any -- as above
  ): Promise<{ keys: string[]; last: any }> {
    const input = { StreamName, ShardId, ...position };
    let { ShardIterator } = await this.ok("GetShardIterator", input);
    const keys: string[] = [];
    // The service answers at most 5 GetRecords calls per second and shard.
    for (let i = 0;; i++) {
      const page = await this.ok("GetRecords", { ShardIterator });
      for (const { PartitionKey } of page.Records) keys.push(PartitionKey);
      ShardIterator = page.NextShardIterator;
      if (!ShardIterator || i === 2) return { keys, last: page };
    }
  }

  /** The events of a subscription, until it ends or the time limit is reached. */
  async subscribe(
    input: unknown,
    until: (event: StreamEvent) => boolean,
  ): Promise<{ status: number; events: StreamEvent[] }> {
    const left = new AbortController();
    const timeLimit = AbortSignal.timeout(this.timeLimitMs);
    const signal = AbortSignal.any([left.signal, timeLimit]);
    const events: StreamEvent[] = [];
    try {
      const init = requestInit("SubscribeToShard", input);
      const response = await this.#fetch(
        ...await this.#sign(init, signal),
      );
      const { status } = response;
      if (!response.ok) {
        await response.body?.cancel();
        return { status, events };
      }
      const messages = response.body!.pipeThrough(
        new EventStreamDecoderStream(),
      );
      for await (const message of messages) {
        const kind = textHeader(message, ":event-type") ??
          textHeader(message, ":exception-type") ?? "";
        const text = new TextDecoder().decode(message.payload);
        const event = { kind, body: text === "" ? {} : JSON.parse(text) };
        events.push(event);
        if (until(event)) break;
      }
      return { status, events };
    } catch (error) {
      if (!timeLimit.aborted) throw error;
      return { status: 200, events };
    } finally {
      left.abort();
    }
  }

  async #send(init: RequestInit, secret?: string): Promise<Response> {
    const signal = AbortSignal.timeout(this.timeLimitMs);
    const response = await this.#fetch(
      ...await this.#sign(init, signal, secret),
    );
    const body = await response.arrayBuffer();
    const { status, headers } = response;
    return new Response(body, { status, headers });
  }

  async #sign(
    init: RequestInit,
    signal: AbortSignal,
    secretAccessKey = CREDENTIALS.secretAccessKey,
  ): Promise<[string, RequestInit]> {
    const client = new AwsClient({
      ...CREDENTIALS,
      secretAccessKey,
      region: REGION,
      service: "kinesis",
    });
    const { headers } = await client.sign(this.#endpoint, init);
    return [this.#endpoint, { ...init, headers, signal }];
  }
}
