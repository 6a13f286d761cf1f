/**
 * Paged lists as async iterables.
 *
 * @module
 */
import { ServiceError } from "../errors.ts";
import type { ListShardsRequest, ListShardsResponse, Shard } from "./types.ts";

/** All shards; a page is fetched when the one before it has been consumed. */
export async function* listAllShards(
  listShards: (request: ListShardsRequest) => Promise<ListShardsResponse>,
  request: Omit<ListShardsRequest, "NextToken">,
): AsyncGenerator<Shard, void> {
  const { MaxResults } = request;
  let next: ListShardsRequest = request;
  let last: string | undefined = request.ExclusiveStartShardId;
  for (;;) {
    let page: ListShardsResponse;
    try {
      page = await listShards(next);
    } catch (error) {
      const expired = error instanceof ServiceError &&
        error.code === "ExpiredNextTokenException";
      if (!expired || next.NextToken === undefined) throw error;
      // A token lives 300 seconds and the consumer may be slow; the order of shards does not change.
      const { ShardFilter: _, ...target } = request;
      if (request.ShardFilter) throw error;
      next = { ...target, ExclusiveStartShardId: last };
      continue;
    }
    for (const shard of page.Shards ?? []) {
      last = shard.ShardId;
      yield shard;
    }
    if (!page.NextToken) return;
    // The API refuses a token beside the name of the stream.
    next = { NextToken: page.NextToken, MaxResults };
  }
}
