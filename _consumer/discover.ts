/**
 * Which shards there are.
 *
 * @module
 */
import { Lineage } from "../_shards/lineage.ts";
import type { Shard } from "../client/mod.ts";
import { ResponseError } from "../errors.ts";
import type { ResolvedConsumerOptions } from "./options.ts";

/** All shards of the stream, closed ones too. Rejects when there are none, since every stream has some. */
export async function discoverShards(
  { client, target, stream }: Pick<
    ResolvedConsumerOptions<never>,
    "client" | "stream" | "target"
  >,
  signal: AbortSignal,
): Promise<Lineage> {
  const shards: Shard[] = [];
  for await (const shard of client.listAllShards(target, { signal })) {
    shards.push(shard);
  }
  if (shards.length === 0) {
    // Taken for the truth, it would say that every shard has expired.
    throw new ResponseError(
      `Cannot list the shards of ${stream}: the answer names none, and every stream has some`,
      { status: 200 },
    );
  }
  return new Lineage(shards);
}
