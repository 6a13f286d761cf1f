/**
 * A client whose calls for some shards are never answered, as that of a wrapper without a time
 * limit.
 *
 * @module
 */
import type { KinesisClient } from "../../client/mod.ts";
import type { World } from "./_world.ts";

/** What hangs. Changes count for later calls. */
export interface Hangs {
  getRecords?: (shardId: string) => boolean;
  getShardIterator?: (shardId: string) => boolean;
  listShards?: () => boolean;
}

/** The client, and functions that answer the calls that hang. */
export function hangingClient(
  world: World,
  hangs: Hangs,
  client: KinesisClient = world.client(),
): { client: KinesisClient; late: (() => void)[] } {
  const late: (() => void)[] = [];
  const shardOf = new Map<string, string>();
  const { getShardIterator, getRecords, listShards } = client;
  // A call that hangs must not hold the time of the world.
  const orHang = <R>(hang: boolean | undefined, call: () => Promise<R>) =>
    hang
      ? new Promise<R>((resolve, reject) =>
        late.push(() => void call().then(resolve, reject))
      )
      : call();
  client.getShardIterator = (request, options) =>
    orHang(hangs.getShardIterator?.(request.ShardId), async () => {
      const answer = await getShardIterator(request, options);
      shardOf.set(answer.ShardIterator!, request.ShardId);
      return answer;
    });
  client.getRecords = (request) => {
    const shardId = shardOf.get(request.ShardIterator)!;
    return orHang(hangs.getRecords?.(shardId), async () => {
      // A late answer comes although the signal has aborted.
      const answer = await getRecords(request, {});
      const next = answer.NextShardIterator;
      if (next) shardOf.set(next, shardId);
      return answer;
    });
  };
  client.listShards = (request, options) =>
    orHang(hangs.listShards?.(), () => listShards(request, options));
  return { client, late };
}
