/**
 * Lists of shards that are not up to date.
 *
 * @module
 */
import type { Shard } from "../../client/mod.ts";
import type { Fetch } from "../../testing/mod.ts";
import type { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";

/** Most earlier lists that are remembered. */
const MOST_LISTS = 4;

/**
 * Wraps `fetch` so that some answers of ListShards are those of an earlier request, or lack a shard.
 */
export function withStaleLists(
  fetch: Fetch,
  choices: SeededChoices,
  { probability, mayLack }: {
    /** The probability that an answer is not up to date. */
    readonly probability: () => number;
    /** Whether an answer may lack a shard now. */
    readonly mayLack: () => boolean;
  },
): Fetch {
  const earlier: Shard[][] = [];
  return async (input, init) => {
    const action = new Headers(init?.headers).get("x-amz-target") ?? "";
    const answer = await fetch(input, init);
    if (!action.endsWith(".ListShards") || !answer.ok) return answer;
    const body = await answer.json();
    let shards: Shard[] = body.Shards;
    const now = shards;
    if (choices.chance(probability())) {
      if (earlier.length > 0 && choices.chance(0.6)) {
        shards = choices.pick(earlier);
      } else if (shards.length > 1 && mayLack()) {
        const missing = choices.pick(shards);
        shards = shards.filter((shard) => shard !== missing);
      }
    }
    earlier.push(now);
    if (earlier.length > MOST_LISTS) earlier.shift();
    const headers = new Headers(answer.headers);
    headers.delete("content-length");
    headers.delete("x-amz-crc32");
    return Response.json({ ...body, Shards: shards }, { headers });
  };
}
