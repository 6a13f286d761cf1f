/**
 * Changes the answers of ListShards.
 *
 * @module
 */
import type { Fetch, Shard } from "../../client/mod.ts";

/** Wraps `fetch` so that `edit` changes the lists of shards. */
export function editLists(
  fetch: Fetch,
  edit: (shards: Shard[]) => Shard[],
): Fetch {
  return async (input, init) => {
    const action = new Headers(init?.headers).get("x-amz-target") ?? "";
    const answer = await fetch(input, init);
    if (!action.endsWith(".ListShards") || !answer.ok) return answer;
    const body = await answer.json();
    const headers = new Headers(answer.headers);
    headers.delete("content-length");
    headers.delete("x-amz-crc32");
    return Response.json({ ...body, Shards: edit(body.Shards) }, { headers });
  };
}

/** Wraps `fetch` so that lists lack the shards for which `hidden` is true. */
export function hideShards(
  fetch: Fetch,
  hidden: (shardId: string) => boolean,
): Fetch {
  return editLists(
    fetch,
    (shards) => shards.filter(({ ShardId }) => !hidden(ShardId)),
  );
}
