/**
 * Answers of ListShards that are not what they should be.
 *
 * @module
 */
import type { Fetch, Shard } from "../../client/mod.ts";

/** A `fetch` whose lists of shards are changed on their way; nothing else is. */
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

/** A `fetch` whose lists lack shards for as long as `hidden` says. */
export function hideShards(
  fetch: Fetch,
  hidden: (shardId: string) => boolean,
): Fetch {
  return editLists(
    fetch,
    (shards) => shards.filter(({ ShardId }) => !hidden(ShardId)),
  );
}
