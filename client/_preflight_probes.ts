/**
 * The requests by which a preflight finds out about permissions.
 *
 * @module
 */
import { hasCode, IN_USE, NOT_FOUND } from "../_aws/service_error.ts";
import type { StreamChoice } from "../_aws/stream_choice.ts";
import type { CallOptions } from "../_service/options.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type * as api from "./_api.ts";

/** Sends a request. */
type Send<Request, Answer> = (
  request: Request,
  call: CallOptions,
) => Promise<Answer>;

/** The calls that are made. A {@linkcode KinesisClient} has all of them. */
export interface PreflightCalls {
  describeStreamConsumer: Send<
    api.DescribeStreamConsumerRequest,
    api.DescribeStreamConsumerResponse
  >;
  describeStreamSummary: Send<
    api.DescribeStreamSummaryRequest,
    api.DescribeStreamSummaryResponse
  >;
  getRecords: Send<api.GetRecordsRequest, api.GetRecordsResponse>;
  getShardIterator: Send<
    api.GetShardIteratorRequest,
    api.GetShardIteratorResponse
  >;
  listShards: Send<api.ListShardsRequest, api.ListShardsResponse>;
  putRecords: Send<api.PutRecordsRequest, api.PutRecordsResponse>;
  registerStreamConsumer: Send<
    api.RegisterStreamConsumerRequest,
    api.RegisterStreamConsumerResponse
  >;
  subscribeToShard: Send<
    api.SubscribeToShardRequest,
    ReadableStream<api.SubscribeToShardEvent>
  >;
}

/** A permission, and the request that finds out about it. */
export interface Probe {
  readonly permission: string;
  readonly neededFor: string;
  readonly required: boolean;
  /** Resolves, or rejects with `DryRunOperationException`, if the permission is granted. */
  run(call: CallOptions): Promise<unknown>;
}

/** Codes of refusals. */
const DENIED = /^AccessDenied/;
/** Codes of refusals that are about the key of an encrypted stream. */
const KEY_REFUSED = /^(KMSAccessDenied|KMSOptInRequired)/;
/** The shard that every stream begins with. */
const FIRST_SHARD = "shardId-000000000000";
/** Starts the error messages. */
export const PREFLIGHT = "Cannot check the permissions";

/** What is checked. */
export interface Target {
  readonly client: PreflightCalls;
  readonly choice: StreamChoice;
  readonly fanOut: string | undefined;
  readonly as: "producer" | "consumer";
}

/** The requests that find out about each permission, in the order in which they are sent. */
export function probesOf(target: Target): Probe[] {
  return target.as === "producer" ? producing(target) : consuming(target);
}

function producing(producer: Target): Probe[] {
  const { client, choice: { target } } = producer;
  return [
    {
      permission: "kinesis:PutRecords",
      neededFor: "writing",
      required: true,
      run: async (call) => {
        await requireDryRun(producer, call);
        const Records = [{
          Data: new Uint8Array(1),
          PartitionKey: "preflight",
        }];
        await client.putRecords({ ...target, Records, DryRun: true }, call);
      },
    },
    {
      permission: "kinesis:ListShards",
      neededFor: "limits per shard, and KPL records of several values",
      required: false,
      run: (call) => client.listShards({ ...target, MaxResults: 1 }, call),
    },
    {
      permission: "kinesis:DescribeStreamSummary",
      neededFor: "values over 1 MiB, and a stream that is being created",
      required: false,
      run: (call) => client.describeStreamSummary(target, call),
    },
  ];
}

function consuming(target: Target): Probe[] {
  const { client, choice: { target: stream }, fanOut } = target;
  const probes: Probe[] = [
    {
      permission: "kinesis:ListShards",
      neededFor: "reading",
      required: true,
      run: (call) => client.listShards({ ...stream, MaxResults: 1 }, call),
    },
    {
      permission: "kinesis:GetShardIterator",
      neededFor: "reading",
      required: true,
      run: (call) => iteratorOf(target, call),
    },
  ];
  return [
    ...probes,
    ...fanOut === undefined
      ? [getRecords(target)]
      : subscribing(target, fanOut),
  ];
}

function getRecords(target: Target): Probe {
  return {
    permission: "kinesis:GetRecords",
    neededFor: "reading",
    required: true,
    run: async (call) =>
      // Without DryRun this request reads one record, which changes nothing.
      await target.client.getRecords({
        ShardIterator: await iteratorOf(target, call),
        Limit: 1,
        DryRun: true,
      }, call),
  };
}

/** The registered consumer that a program reads through. */
class RegisteredConsumer {
  readonly #target: Target;
  /** Its name or ARN. */
  readonly #nameOrArn: string;

  constructor(target: Target, nameOrArn: string) {
    this.#target = target;
    this.#nameOrArn = nameOrArn;
  }

  get isArn(): boolean {
    return this.#nameOrArn.startsWith("arn:");
  }

  /**
   * The ARN.
   *
   * @throws {KinesisError} `NotRegistered` if there is no consumer of this name
   */
  async arn(call: CallOptions): Promise<string> {
    if (this.isArn) return this.#nameOrArn;
    try {
      const answer = await this.describe(call);
      return answer.ConsumerDescription.ConsumerARN;
    } catch (error) {
      if (!hasCode(error, NOT_FOUND)) throw error;
      throw new KinesisError(
        `${PREFLIGHT} as the consumer "${this.#nameOrArn}" is not registered yet. A Consumer registers ` +
          "it at its start: check again then, or register it before",
        { code: "NotRegistered", cause: error },
      );
    }
  }

  async describe(
    call: CallOptions,
  ): Promise<api.DescribeStreamConsumerResponse> {
    const { client } = this.#target;
    if (this.isArn) {
      const ConsumerARN = this.#nameOrArn;
      return await client.describeStreamConsumer({ ConsumerARN }, call);
    }
    const StreamARN = await arnOf(this.#target, call);
    return await client.describeStreamConsumer(
      { StreamARN, ConsumerName: this.#nameOrArn },
      call,
    );
  }

  /** Asks for a consumer of this name once more. The refusal shows that it was allowed. */
  async register(call: CallOptions): Promise<void> {
    await this.arn(call);
    const StreamARN = await arnOf(this.#target, call);
    try {
      await this.#target.client.registerStreamConsumer(
        { StreamARN, ConsumerName: this.#nameOrArn },
        call,
      );
    } catch (error) {
      if (!hasCode(error, IN_USE)) throw error;
    }
  }
}

function subscribing(target: Target, fanOut: string): Probe[] {
  const { client, choice: { target: stream } } = target;
  const consumer = new RegisteredConsumer(target, fanOut);
  const summary: Probe = {
    permission: "kinesis:DescribeStreamSummary",
    neededFor: "the ARN of the stream, to find a consumer by its name",
    required: true,
    run: (call) => client.describeStreamSummary(stream, call),
  };
  const register: Probe = {
    permission: "kinesis:RegisterStreamConsumer",
    neededFor: "registering the consumer, if it does not exist",
    required: false,
    run: (call) => consumer.register(call),
  };
  return [
    ...consumer.isArn || "StreamARN" in stream ? [] : [summary],
    {
      permission: "kinesis:DescribeStreamConsumer",
      neededFor: "fan-out",
      required: true,
      run: async (call) => {
        try {
          await consumer.describe(call);
        } catch (error) {
          // Permissions come first. A consumer that is missing by its name is registered later.
          if (consumer.isArn || !hasCode(error, NOT_FOUND)) throw error;
        }
      },
    },
    ...consumer.isArn ? [] : [register],
    {
      permission: "kinesis:SubscribeToShard",
      neededFor: "fan-out",
      required: true,
      run: async (call) => {
        const ShardId = await shardOf(target, call);
        const events = await client.subscribeToShard({
          ConsumerARN: await consumer.arn(call),
          ShardId,
          StartingPosition: { Type: "LATEST" },
          DryRun: true,
        }, call);
        // A server that does not know DryRun answers with a subscription.
        await events.cancel();
      },
    },
  ];
}

async function arnOf(
  { client, choice }: Target,
  call: CallOptions,
): Promise<string> {
  const { target } = choice;
  if ("StreamARN" in target) return target.StreamARN;
  const { StreamDescriptionSummary } = await client
    .describeStreamSummary(target, call);
  return StreamDescriptionSummary.StreamARN;
}

async function shardOf(
  { client, choice }: Target,
  call: CallOptions,
): Promise<string> {
  const { Shards } = await client
    .listShards({ ...choice.target, MaxResults: 1 }, call);
  if (Shards?.[0]) return Shards[0].ShardId;
  throw new KinesisError(
    `${PREFLIGHT} as "${choice.stream}" has no shards yet: wait until it is ACTIVE`,
    { code: "StreamNotReady" },
  );
}

async function iteratorOf(target: Target, call: CallOptions): Promise<string> {
  const { ShardIterator } = await target.client.getShardIterator({
    ...target.choice.target,
    ShardId: await shardOf(target, call),
    ShardIteratorType: "LATEST",
  }, call);
  return ShardIterator;
}

/**
 * Makes sure that the server knows DryRun: an emulator that does not would store the record of the
 * check. A refusal is enough, because it comes before everything else.
 */
async function requireDryRun(target: Target, call: CallOptions): Promise<void> {
  const listed = await listedShard(target, call);
  try {
    await target.client.getShardIterator({
      ...target.choice.target,
      ShardId: listed ?? FIRST_SHARD,
      ShardIteratorType: "LATEST",
      DryRun: true,
    }, call);
  } catch (error) {
    if (isDryRun(error) || isDenied(error)) return;
    if (listed === undefined && hasCode(error, NOT_FOUND)) {
      throw new KinesisError(
        `${PREFLIGHT} as it is not known whether the server knows DryRun: kinesis:ListShards is denied, ` +
          "and the stream has no first shard any more. Without DryRun, the server would store the " +
          "record of the check",
        { code: "DryRunUnverified", cause: error },
      );
    }
    throw error;
  }
  throw new KinesisError(
    `${PREFLIGHT} as the server does not know DryRun, and would store the record of the check`,
    { code: "DryRunUnsupported" },
  );
}

/** The id of a shard. `undefined` if it may not be asked for. */
async function listedShard(
  target: Target,
  call: CallOptions,
): Promise<string | undefined> {
  try {
    return await shardOf(target, call);
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

/** Whether the service would have executed the request. */
export function isDryRun(error: unknown): boolean {
  return error instanceof ServiceError &&
    error.code === "DryRunOperationException";
}

/** Whether the service refuses because the key of the stream may not be used. */
export function isKeyRefused(error: unknown): error is ServiceError {
  return error instanceof ServiceError && KEY_REFUSED.test(error.code);
}

/** Whether the service refuses for a lack of permission. */
export function isDenied(error: unknown): error is ServiceError {
  return error instanceof ServiceError && DENIED.test(error.code);
}
