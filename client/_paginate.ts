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
  const seen = new Set<string>();
  let seenAtRestart = -1;
  for (;;) {
    let page: ListShardsResponse;
    try {
      page = await listShards(next);
    } catch (error) {
      const expired = error instanceof ServiceError &&
        error.code === "ExpiredNextTokenException";
      // A token lives 300 seconds and the consumer may be slow: begin again and skip what it has had. A list that gets no
      // further that way would never end.
      if (!expired || next === request || seen.size === seenAtRestart) {
        throw error;
      }
      seenAtRestart = seen.size;
      next = request;
      continue;
    }
    for (const shard of page.Shards ?? []) {
      if (seen.has(shard.ShardId)) continue;
      seen.add(shard.ShardId);
      yield shard;
    }
    if (!page.NextToken) return;
    // The API refuses a token beside the name of the stream.
    next = { NextToken: page.NextToken, MaxResults };
  }
}
