/**
 * Lists the shards of a stream.
 *
 * @module
 */
import { hasCode } from "../../_aws/service_error.ts";
import { ListProgress } from "../../_aws/list_progress.ts";
import type { Shard } from "../../client/mod.ts";
import { ResponseError, TimeoutError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { withTimeLimit } from "../../_core/time_limit.ts";

/** The client and the stream. */
export type ListShardsOptions = Pick<
  ConsumerSettings,
  "client" | "clock" | "stallTimeoutMs" | "stream" | "target"
>;

/**
 * All shards of the stream, open and closed. Rejects if the answer names none, and if the list
 * takes longer than `stallTimeoutMs`.
 */
export function listShards(
  options: ListShardsOptions,
  signal: AbortSignal,
): Promise<Shard[]> {
  return listInTime((signal) => listAll(options, signal), options, signal);
}

/** Limits the time of a list to `stallTimeoutMs`: a client of the user may have no time limit. */
export function listInTime<R>(
  list: (signal: AbortSignal) => Promise<R>,
  { clock, stallTimeoutMs: ms, stream }: ListShardsOptions,
  signal: AbortSignal,
): Promise<R> {
  return withTimeLimit(list, {
    ms,
    clock,
    signal,
    onTimeout: () =>
      new TimeoutError(
        `Cannot list the shards of ${stream}: not complete within ${ms} ms, 'stallTimeoutMs'`,
        { timeoutMs: ms },
      ),
  });
}

async function listAll(
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
    if (!hasCode(error, "UnknownOperationException")) throw error;
    shards.push(...await describeShards(options, signal));
  }
  if (shards.length === 0) {
    // An empty list would mean that all shards have expired.
    throw new ResponseError(
      `Cannot list the shards of ${stream}: the answer names none, and every stream has some`,
      { status: 200 },
    );
  }
  return shards;
}

/** The same for servers that do not know ListShards. */
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
