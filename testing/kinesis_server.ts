/**
 * Kinesis in memory.
 *
 * @module
 */
import type { KinesisRecord } from "../records.ts";
import { actions } from "./_actions/actions.ts";
import { addStream } from "./_actions/create_stream.ts";
import { seededRandom } from "./_random.ts";
import { type LoggedRequest, RequestLog } from "./_request_log.ts";
import { Account } from "./_state/account.ts";
import { OffsetClock } from "./_state/offset_clock.ts";
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
import { Sealer } from "./_wire/tokens.ts";
import {
  actionOf,
  protocolOf,
  readRequest,
  type WireRequest,
} from "./_wire/wire_request.ts";
import type {
  CreatedStream,
  CreateStreamOptions,
  FetchHandler,
  ServerConnection,
} from "./kinesis_server_types.ts";
import {
  type KinesisServerOptions,
  resolveOptions,
} from "./kinesis_server_options.ts";

/** A key for servers that do not look at signatures. */
const ANY_CREDENTIALS = { accessKeyId: "id", secretAccessKey: "secret" };

/**
 * An in-memory Kinesis that is a `fetch` handler: give {@linkcode KinesisServer.fetch} to a client, or serve it.
 *
 * It answers every action over JSON and CBOR as AWS does, with its limits, errors and timings, and adds handles that a test
 * needs: what was stored, what was asked, a split at this moment, an hour that passes at once.
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
   * Answers a request, as `fetch` does and as `Deno.serve` wants its handler: it can be passed around without the server.
   * The address does not matter. Rejects only with the reason of an aborted signal; every error of the service is an answer.
   */
  readonly fetch: FetchHandler;
  /** What a client needs: `new KinesisClient(server.connection)`. The key is the first of the accepted ones, if there are any. */
  readonly connection: ServerConnection;
  readonly #account: Account;
  readonly #clock: OffsetClock;
  readonly #log: RequestLog;
  readonly #sealer: Sealer;
  readonly #verifier: SignatureVerifier | undefined;
  readonly #random: () => number;

  /**
   * Makes a Kinesis without streams.
   *
   * @throws {RangeError} if an option is out of its range
   */
  constructor(options: KinesisServerOptions = {}) {
    const resolved = resolveOptions(options);
    this.#clock = new OffsetClock(options.clock);
    this.#random = options.random ?? seededRandom(1);
    this.#log = new RequestLog(resolved.logLimit);
    this.#sealer = new Sealer(this.#random);
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

  /** The requests that were answered, oldest first: the last {@linkcode KinesisServerOptions.logLimit} of them. */
  get log(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  /** Forgets the {@linkcode KinesisServer.log}, so that a test can look at what comes next. */
  clearLog(): void {
    this.#log.clear();
  }

  /** Now on the server's clock, in milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Lets `ms` milliseconds pass at once: iterators expire, records are trimmed, limits refill, subscriptions end, and what
   * was CREATING or UPDATING becomes ACTIVE.
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
    this.#account.settle();
    for (const stream of this.#account.streams.values()) {
      stream.trim(this.now());
    }
  }

  /**
   * Makes a stream that is ACTIVE at once, whatever {@linkcode KinesisServerOptions.transitionMs} says.
   *
   * @throws {ServiceFault} if there is a stream of that name, or the account has no shards left
   */
  createStream(name: string, options: CreateStreamOptions = {}): CreatedStream {
    const { mode = "PROVISIONED" } = options;
    const { shards = mode === "ON_DEMAND" ? 4 : 1 } = options;
    if (!Number.isInteger(shards) || shards < 1) {
      throw new RangeError(
        `Cannot create stream "${name}" as 'shards' must be a positive integer: current value is ${shards}`,
      );
    }
    const distributes = options.recordDistributionStrategy === "AUTO";
    if (distributes && mode !== "ON_DEMAND") {
      throw new RangeError(
        `Cannot create stream "${name}" as 'recordDistributionStrategy' must not be "AUTO" unless 'mode' is "ON_DEMAND"`,
      );
    }
    this.#account.settle();
    const stream = addStream(this.#account, { name, shards, mode });
    stream.distributes = distributes;
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
   * The records that a stream holds, shard by shard, oldest first.
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
   * Splits an open shard now, in half or at `at` (a decimal hash key), and says the ids of the two children.
   *
   * @throws {ServiceFault} if there is no such stream or shard, the shard is closed, or the stream is not ACTIVE
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
   * Merges two neighbouring open shards now, and says the id of the child.
   *
   * @throws {ServiceFault} if there is no such stream or shard, one is closed, or the stream is not ACTIVE
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

  /** Ends all subscriptions and forgets everything. The server answers on, as one without streams. */
  close(): void {
    for (const stream of this.#account.streams.values()) {
      for (const consumer of stream.consumers.values()) consumer.endAll();
    }
    this.#account.streams.clear();
    this.#log.clear();
  }

  #stream(name: string): Stream {
    this.#account.settle();
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
    const context = { protocol, requestId, now: at };
    const entry = { at, requestId, protocol };
    let action = "";
    let body: Readonly<Record<string, unknown>> = {};
    try {
      action = actionOf(request);
      await this.#verifier?.verify(request, at);
      body = decodeInput(request.body, protocol);
      const output = this.#run(action, body, { protocol, request });
      const response = respond(output, context);
      this.#log.add({ ...entry, action, body, output, status: 200 });
      return response;
    } catch (error) {
      const fault = error instanceof ServiceFault
        ? error
        : new ServiceFault("InternalFailure", String(error), 500);
      const { type, status } = fault;
      this.#log.add({ ...entry, action, body, error: type, status });
      return respondFault(fault, context);
    }
  }

  #run(
    name: string,
    body: Readonly<Record<string, unknown>>,
    { protocol, request }: { protocol: Protocol; request: WireRequest },
  ): Output | StreamOutput {
    const run = actions.get(name);
    if (!run) {
      throw new ServiceFault("UnknownOperationException", `No action ${name}`);
    }
    this.#account.settle();
    this.#account.countControlCall(name);
    return run(body, {
      account: this.#account,
      sealer: this.#sealer,
      protocol,
      signal: request.signal,
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
