/**
 * Which shards a stream has, as its server says.
 *
 * @module
 */
import { ListProgress } from "../_aws/list_progress.ts";
import type { KinesisClient, Shard } from "../client/mod.ts";
import { ResponseError, ServiceError } from "../errors.ts";

/** Which stream, and who asks. */
export interface ListShardsOptions {
  /** The client. */
  readonly client: KinesisClient;
  /** The stream, in the API's shape. */
  readonly target: { StreamName: string } | { StreamARN: string };
  /** The stream as the user named it, for messages. */
  readonly stream: string;
}

/**
 * All shards of the stream, closed ones too. Rejects when there are none, since every stream has
 * some.
 */
export async function listShards(
  options: ListShardsOptions,
  signal: AbortSignal,
): Promise<Shard[]> {
  const { client, target, stream } = options;
  const shards: Shard[] = [];
  try {
    for await (const shard of client.listAllShards(target, { signal })) {
      shards.push(shard);
    }
  } catch (error) {
    const isUnknown = error instanceof ServiceError &&
      error.code === "UnknownOperationException";
    if (!isUnknown) throw error;
    shards.push(...await describeShards(options, signal));
  }
  if (shards.length === 0) {
    // Taken for the truth, it would say that every shard has expired.
    throw new ResponseError(
      `Cannot list the shards of ${stream}: the answer names none, and every stream has some`,
      { status: 200 },
    );
  }
  return shards;
}

/** The same for servers that are older than ListShards. */
async function describeShards(
  { client, target }: ListShardsOptions,
  signal: AbortSignal,
): Promise<Shard[]> {
  const shards: Shard[] = [];
  const progress = new ListProgress("DescribeStream");
  for (;;) {
    const ExclusiveStartShardId = shards.at(-1)?.ShardId;
    const { StreamDescription } = await client.describeStream(
      { ...target, ExclusiveStartShardId },
      { signal },
    );
    const { Shards, HasMoreShards } = StreamDescription;
    shards.push(...Shards);
    if (!HasMoreShards || Shards.length === 0) return shards;
    const ids = Shards.map(({ ShardId }) => ShardId);
    progress.page(ids, ids.at(-1));
  }
}
