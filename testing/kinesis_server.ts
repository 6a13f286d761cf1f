/**
 * An in-memory Kinesis server.
 *
 * @module
 */
import type { KinesisRecord } from "../records.ts";
import { actions } from "./_actions/actions.ts";
import { addStream } from "./_actions/create_stream.ts";
import { openQueue } from "./_actions/open_queue.ts";
import { seededRandom } from "./_random.ts";
import { type LoggedRequest, RequestLog } from "./_request_log.ts";
import { Account } from "./_state/account.ts";
import { OffsetClock } from "./_state/offset_clock.ts";
import { queueSnapshot } from "./_state/queue_snapshot.ts";
import { storedRecords } from "./_state/stored_records.ts";
import type { Stream } from "./_state/stream.ts";
import {
  decodeInput,
  type Output,
  type Protocol,
  type StreamOutput,
} from "./_wire/codec.ts";
import { respond, respondFault } from "./_wire/respond.ts";
import { ServiceFault } from "./_wire/service_error.ts";
import { SignatureVerifier } from "./_wire/signature.ts";
import { TokenCodec } from "./_wire/tokens.ts";
import {
  actionOf,
  protocolOf,
  readRequest,
  type WireRequest,
} from "./_wire/wire_request.ts";
import type {
  CreatedQueue,
  CreatedStream,
  CreateQueueOptions,
  CreateStreamOptions,
  FetchHandler,
  QueueState,
  ServerConnection,
} from "./kinesis_server_types.ts";
import {
  type KinesisServerOptions,
  resolveOptions,
} from "./kinesis_server_options.ts";

/** The key in {@linkcode KinesisServer.connection} if the server verifies no signatures. */
const ANY_CREDENTIALS = { accessKeyId: "id", secretAccessKey: "secret" };

/**
 * An in-memory Kinesis. Pass its {@linkcode KinesisServer.fetch} to a client, or serve it over
 * HTTP.
 *
 * It answers every action of `KinesisClient` in JSON and in CBOR as AWS does, with the limits,
 * errors and timings of the service. Tests can read the stored records and the requests, split and
 * merge shards at once, and advance the clock.
 *
 * @example A client without a network
 * ```ts
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders", { shards: 2 });
 *
 * // Any client that takes a fetch works; this is what goes over the wire.
 * const response = await server.fetch("https://kinesis.us-east-1.amazonaws.com/", {
 *   method: "POST",
 *   headers: {
 *     "content-type": "application/x-amz-json-1.1",
 *     "x-amz-target": "Kinesis_20131202.PutRecord",
 *   },
 *   body: JSON.stringify({ StreamName: "orders", PartitionKey: "k", Data: btoa("hello") }),
 * });
 *
 * assertEquals(response.status, 200);
 * assertEquals(new TextDecoder().decode(server.records("orders")[0]!.data), "hello");
 * assertEquals(server.log[0]!.action, "PutRecord");
 * ```
 */
export class KinesisServer {
  /**
   * Answers a request. It has the signature of `fetch` and of a `Deno.serve` handler, and needs no
   * `this`. The host and path of the URL are ignored. Errors of the service are answers with a
   * status of 400 or 500; it rejects only with the reason of an aborted signal.
   */
  readonly fetch: FetchHandler;
  /**
   * Options for a client: `new KinesisClient(server.connection)`. The credentials are the first of
   * the option `credentials`, or a made-up key if signatures are not verified.
   */
  readonly connection: ServerConnection;
  readonly #account: Account;
  readonly #clock: OffsetClock;
  readonly #log: RequestLog;
  readonly #tokens: TokenCodec;
  readonly #verifier: SignatureVerifier | undefined;
  readonly #random: () => number;

  /**
   * Makes a server without streams.
   *
   * @throws {RangeError} if an option is out of its range
   */
  constructor(options: KinesisServerOptions = {}) {
    const resolved = resolveOptions(options);
    this.#clock = new OffsetClock(options.clock);
    this.#random = options.random ?? seededRandom(1);
    this.#log = new RequestLog(resolved.logLimit);
    this.#tokens = new TokenCodec(this.#random);
    this.#account = new Account({
      ...resolved,
      clock: this.#clock,
      random: this.#random,
    });
    this.#verifier = resolved.credentials &&
      new SignatureVerifier(resolved.region, resolved.credentials);
    this.fetch = (input: Request | URL | string, init?: object) =>
      this.#handle(input, init);
    this.connection = {
      region: resolved.region,
      credentials: resolved.credentials?.[0] ?? ANY_CREDENTIALS,
      fetch: this.fetch,
    };
  }

  /** The last {@linkcode KinesisServerOptions.logLimit} requests, oldest first. */
  get log(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  /** Empties the {@linkcode KinesisServer.log}. */
  clearLog(): void {
    this.#log.clear();
  }

  /** The time on the server's clock, in milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Advances the server's clock by `ms` milliseconds at once. Iterators expire, old records are
   * trimmed, rate limits refill, subscriptions end after their 5 minutes, and scheduled changes
   * happen: a stream that was CREATING or UPDATING becomes ACTIVE. Queue records become visible when
   * their visibility timeouts end, and receives that wait for records are answered at that time.
   *
   * @throws {RangeError} if `ms` is negative
   */
  advance(ms: number): void {
    if (!(ms >= 0)) {
      throw new RangeError(
        `Cannot advance the clock as 'ms' must be 0 or more: current value is ${ms}`,
      );
    }
    this.#clock.advance(ms);
    this.#account.applyDueTransitions();
    for (const stream of this.#account.streams.values()) {
      stream.trim(this.now());
    }
  }

  /**
   * Makes a stream that is ACTIVE at once, regardless of
   * {@linkcode KinesisServerOptions.transitionMs}.
   *
   * @throws {ServiceFault} if a stream of that name exists, or the shard limit of the account is
   * reached
   * @throws {RangeError} if `shards` is not a positive integer
   */
  createStream(name: string, options: CreateStreamOptions = {}): CreatedStream {
    const { mode = "PROVISIONED" } = options;
    const { shards = mode === "ON_DEMAND" ? 4 : 1 } = options;
    if (!Number.isInteger(shards) || shards < 1) {
      throw new RangeError(
        `Cannot create stream "${name}" as 'shards' must be a positive integer: current value is ${shards}`,
      );
    }
    const isAutoDistributed = options.recordDistributionStrategy === "AUTO";
    if (isAutoDistributed && mode !== "ON_DEMAND") {
      throw new RangeError(
        `Cannot create stream "${name}" as 'recordDistributionStrategy' must not be "AUTO" unless 'mode' is "ON_DEMAND"`,
      );
    }
    this.#account.applyDueTransitions();
    const stream = addStream(this.#account, { name, shards, mode });
    stream.isAutoDistributed = isAutoDistributed;
    stream.status = "ACTIVE";
    stream.retentionHours = options.retentionHours ?? stream.retentionHours;
    stream.maxRecordKiB = options.maxRecordSizeInKiB ?? stream.maxRecordKiB;
    return {
      streamName: name,
      streamARN: stream.arn,
      shardIds: stream.shards.open.map(({ id }) => id),
    };
  }

  /**
   * The records of a stream, or of the shard `shardId`. They are in the order of the shard ids, and
   * oldest first in each shard.
   *
   * @throws {ServiceFault} if there is no such stream or shard
   */
  records(
    streamName: string,
    options: { shardId?: string } = {},
  ): KinesisRecord[] {
    return storedRecords(this.#stream(streamName), this.now(), options.shardId);
  }

  /**
   * Makes a queue that is ACTIVE at once, regardless of
   * {@linkcode KinesisServerOptions.transitionMs}. The stream must be in ON_DEMAND mode.
   *
   * @throws {ServiceFault} if there is no such stream, the stream is not ACTIVE or not ON_DEMAND, a
   * queue of that name exists, or the stream has too many consumers and queues
   * @throws {RangeError} if an option is out of its range
   */
  createQueue(
    streamName: string,
    options: CreateQueueOptions = {},
  ): CreatedQueue {
    this.#account.applyDueTransitions();
    const { arn, id, name, status } = openQueue(
      this.#account,
      streamName,
      options,
    );
    return { queueName: name, queueARN: arn, queueId: id, status };
  }

  /**
   * The state of a queue and its records. Looking at it changes nothing.
   *
   * @throws {ServiceFault} if there is no such queue
   */
  queue(queueARN: string): QueueState {
    this.#account.applyDueTransitions();
    return queueSnapshot(this.#account.queue(queueARN), this.now());
  }

  /**
   * Splits an open shard at once and returns the ids of its two children. `at` is the lowest hash
   * key of the upper child, in decimal; by default the shard is split in half.
   *
   * @throws {ServiceFault} if there is no such stream or shard, the shard is closed, or the stream
   * is not ACTIVE
   * @throws {RangeError} if `at` is outside the shard
   */
  split(
    streamName: string,
    shardId: string,
    options: { at?: string | bigint } = {},
  ): [lower: string, upper: string] {
    const stream = this.#stream(streamName);
    stream.requireActive();
    const shard = stream.openShard(shardId, this.now());
    const middle = options.at === undefined
      ? (shard.start + shard.end) / 2n + 1n
      : BigInt(options.at);
    if (middle <= shard.start || middle > shard.end) {
      throw new RangeError(
        `Cannot split ${shardId} as 'at' must lie inside ${shard.start} to ${shard.end}: current value is ${middle}`,
      );
    }
    const [lower, upper] = stream.shards.split(shard, middle, this.now());
    return [lower.id, upper.id];
  }

  /**
   * Merges two adjacent open shards at once and returns the id of the child.
   *
   * @throws {ServiceFault} if there is no such stream or shard, a shard is closed, or the stream is
   * not ACTIVE
   * @throws {RangeError} if the shards are not adjacent
   */
  merge(streamName: string, shardId: string, adjacentShardId: string): string {
    const stream = this.#stream(streamName);
    stream.requireActive();
    const first = stream.openShard(shardId, this.now());
    const second = stream.openShard(adjacentShardId, this.now());
    if (first.end + 1n !== second.start && second.end + 1n !== first.start) {
      throw new RangeError(
        `Cannot merge ${shardId} and ${adjacentShardId} as they must be neighbours`,
      );
    }
    return stream.shards.merge(first, second, this.now()).id;
  }

  /**
   * Ends all subscriptions, answers the receives that wait for queue records, and removes all
   * streams, queues, channels and the log. The server keeps answering requests, as a server without
   * streams.
   */
  close(): void {
    for (const stream of this.#account.streams.values()) {
      for (const consumer of stream.consumers.values()) consumer.endAll();
    }
    for (const queue of this.#account.queues.values()) queue.startDeletion();
    this.#account.queues.clear();
    this.#account.channels.clear();
    this.#account.streams.clear();
    this.#log.clear();
  }

  #stream(name: string): Stream {
    this.#account.applyDueTransitions();
    return this.#account.stream({ StreamName: name });
  }

  async #handle(
    input: Request | URL | string,
    init?: RequestInit,
  ): Promise<Response> {
    const request = await readRequest(input, init);
    request.signal?.throwIfAborted();
    const at = this.now();
    const requestId = this.#uuid();
    const protocol = protocolOf(request.headers) ?? "json";
    // A long poll answers later than it was asked.
    const context = () => ({ protocol, requestId, now: this.now() });
    const entry = { at, requestId, protocol };
    let action = "";
    let body: Readonly<Record<string, unknown>> = {};
    try {
      // Checks the action, then the signature, then the body. Errors become answers below.
      action = actionOf(request);
      await this.#verifier?.verify(request, at);
      body = decodeInput(request.body, protocol);
      const output = await this.#run(action, body, { protocol, request });
      const response = respond(output, context());
      this.#log.add({ ...entry, action, body, output, status: 200 });
      return response;
    } catch (error) {
      // The caller of a long poll has given up.
      request.signal?.throwIfAborted();
      const fault = error instanceof ServiceFault
        ? error
        : new ServiceFault("InternalFailure", String(error), 500);
      const { type, status } = fault;
      this.#log.add({ ...entry, action, body, error: type, status });
      return respondFault(fault, context());
    }
  }

  #run(
    name: string,
    body: Readonly<Record<string, unknown>>,
    { protocol, request }: { protocol: Protocol; request: WireRequest },
  ): Output | StreamOutput | Promise<Output | StreamOutput> {
    const run = actions.get(name);
    if (!run) {
      throw new ServiceFault("UnknownOperationException", `No action ${name}`);
    }
    this.#account.applyDueTransitions();
    this.#account.countControlCall(name);
    return run(body, {
      account: this.#account,
      tokens: this.#tokens,
      protocol,
      signal: request.signal,
      // A getter, as reading the signal of a served request costs time.
      get disconnect() {
        return request.disconnect;
      },
      headers: request.headers,
    });
  }

  #uuid(): string {
    const digits = (count: number) =>
      Math.floor(this.#random() * 16 ** count).toString(16)
        .padStart(count, "0");
    return [digits(8), digits(4), digits(4), digits(4), digits(8) + digits(4)]
      .join("-");
  }
}
