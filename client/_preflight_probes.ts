/**
 * The requests by which a preflight finds out about permissions.
 *
 * @module
 */
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

/** Codes of refusals. Those of KMS are about the key of an encrypted stream. */
const DENIED = /^(AccessDenied|KMSAccessDenied|KMSOptInRequired)/;
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

function producing({ client, choice: { target } }: Target): Probe[] {
  return [
    {
      permission: "kinesis:PutRecords",
      neededFor: "writing",
      required: true,
      run: async (call) => {
        await requireDryRun(client, target, call);
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

function subscribing(target: Target, fanOut: string): Probe[] {
  const { client, choice: { target: stream } } = target;
  const consumerARN = async (call: CallOptions) => {
    if (fanOut.startsWith("arn:")) return fanOut;
    const StreamARN = "StreamARN" in stream
      ? stream.StreamARN
      : await arnOf(target, call);
    const { ConsumerDescription } = await client
      .describeStreamConsumer({ StreamARN, ConsumerName: fanOut }, call);
    return ConsumerDescription.ConsumerARN;
  };
  return [
    {
      permission: "kinesis:DescribeStreamConsumer",
      neededFor: "fan-out",
      required: true,
      run: async (call) =>
        fanOut.startsWith("arn:")
          ? await client.describeStreamConsumer({ ConsumerARN: fanOut }, call)
          : await consumerARN(call),
    },
    {
      permission: "kinesis:SubscribeToShard",
      neededFor: "fan-out",
      required: true,
      run: async (call) => {
        const ShardId = await shardOf(target, call);
        const events = await client.subscribeToShard({
          ConsumerARN: await consumerARN(call),
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
  const { StreamDescriptionSummary } = await client
    .describeStreamSummary(choice.target, call);
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
async function requireDryRun(
  client: PreflightCalls,
  target: StreamChoice["target"],
  call: CallOptions,
): Promise<void> {
  try {
    await client.getShardIterator({
      ...target,
      ShardId: await anyShard(client, target, call),
      ShardIteratorType: "LATEST",
      DryRun: true,
    }, call);
  } catch (error) {
    if (isDryRun(error) || isDenied(error)) return;
    throw error;
  }
  throw new KinesisError(
    `${PREFLIGHT} as the server does not know DryRun, and would store the record of the check`,
    { code: "DryRunUnsupported" },
  );
}

/** The id of a shard. If it may not be asked for: that of the first shard of every stream. */
async function anyShard(
  client: PreflightCalls,
  target: StreamChoice["target"],
  call: CallOptions,
): Promise<string> {
  try {
    const { Shards } = await client.listShards(
      { ...target, MaxResults: 1 },
      call,
    );
    return Shards?.[0]?.ShardId ?? FIRST_SHARD;
  } catch (error) {
    if (isDenied(error)) return FIRST_SHARD;
    throw error;
  }
}

/** Whether the service would have executed the request. */
export function isDryRun(error: unknown): boolean {
  return error instanceof ServiceError &&
    error.code === "DryRunOperationException";
}

/** Whether the service refuses for a lack of permission. */
export function isDenied(error: unknown): error is ServiceError {
  return error instanceof ServiceError && DENIED.test(error.code);
}
