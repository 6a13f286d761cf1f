/**
 * Tells whether a run is over.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/mod.ts";
import type { Journal } from "./journal.ts";
import { placeOf } from "./shard_book.ts";
import type { StoredShard } from "./truth.ts";

/** What is not processed yet, or not covered by a checkpoint. Empty if nothing is missing. */
export function missing(
  stored: readonly StoredShard[],
  { entries }: Journal,
  leases: readonly Lease[],
): string {
  const done = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "done") done.add(placeOf(entry.place));
  }
  for (const { shardId, values } of stored) {
    const missing = values.filter(({ place }) => !done.has(place));
    if (missing.length > 0) {
      return `${missing.length} values of ${shardId} are not processed, the first is ${
        missing[0]!.item.id
      }`;
    }
  }
  const byId = new Map(leases.map((lease) => [lease.shardId, lease]));
  const parents = new Set(stored.flatMap((it) => it.parentShardIds));
  for (const { shardId, values } of stored) {
    const { checkpoint } = byId.get(shardId) ?? {};
    if (checkpoint?.type === "SHARD_END") continue;
    if (parents.has(shardId)) return `${shardId} is not finished`;
    const last = values.at(-1);
    if (!last) continue;
    const isCovered = checkpoint?.type === "SEQUENCE" &&
      BigInt(checkpoint.sequenceNumber) >= BigInt(last.sequenceNumber);
    if (!isCovered) return `no checkpoint covers ${shardId}`;
  }
  return "";
}
