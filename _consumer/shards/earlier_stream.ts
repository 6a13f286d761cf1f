/**
 * Distinguishes the leases of a stream from those of a deleted stream of the same name. The ids of
 * shards do not: both streams have a shard `shardId-000000000000`.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import { beginningOf, isClosed, parentsOf } from "../../_shards/shard_facts.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";

/**
 * The stream to which a lease belongs. Sequence numbers contain the time, so the shards of a later
 * stream begin at greater numbers.
 */
export type Belonging = "this" | "earlier" | "later" | "unknown";

/** Compares a lease with the listed shard of the same id. */
export function belongingOf(lease: Lease, shard: Shard | undefined): Belonging {
  const listed = beginningOf(shard);
  if (listed === undefined) return "this";
  const { startingSequenceNumber: stored, checkpoint } = lease;
  if (stored === undefined) {
    // The lease of an older release or of a KCL does not say where its shard begins. It belongs to
    // another stream if its checkpoint lies before the beginning of the listed shard, or if it is
    // at SHARD_END and the listed shard is open.
    if (checkpoint.type === "SEQUENCE") {
      return BigInt(checkpoint.sequenceNumber) < BigInt(listed)
        ? "earlier"
        : "this";
    }
    const isOpen = shard !== undefined && !isClosed(shard);
    return checkpoint.type === "SHARD_END" && isOpen ? "earlier" : "unknown";
  }
  if (stored === listed) return "this";
  return BigInt(stored) < BigInt(listed) ? "earlier" : "later";
}

/** The leases that belong to an earlier stream. Empty if all belong to this stream. */
export function leasesOfEarlier(
  leases: ReadonlyMap<string, Lease>,
  { shards }: Pick<Lineage, "shards">,
): Lease[] {
  const all = [...leases.values()];
  const earlier = all.filter((lease) =>
    belongingOf(lease, shards.get(lease.shardId)) === "earlier"
  );
  if (earlier.length === 0 && !isUnrelated(leases, shards)) return [];
  // One lease belongs to an earlier stream, so the stream was created again. Leases that do not say
  // where their shard begins were written before that.
  for (const lease of all) {
    const shard = shards.get(lease.shardId);
    if (shard && belongingOf(lease, shard) === "unknown") earlier.push(lease);
  }
  // A lease whose shard is not listed belongs to an earlier stream if the shard began before all
  // listed shards.
  let first: bigint | undefined;
  for (const shard of shards.values()) {
    const number = beginningOf(shard);
    if (number === undefined) continue;
    const start = BigInt(number);
    if (first === undefined || start < first) first = start;
  }
  for (const lease of all) {
    const { shardId, startingSequenceNumber, checkpoint } = lease;
    if (shards.has(shardId) || first === undefined) continue;
    const start = startingSequenceNumber ??
      (checkpoint.type === "SEQUENCE" ? checkpoint.sequenceNumber : "0");
    if (BigInt(start) < first) earlier.push(lease);
  }
  return earlier;
}

/**
 * Whether there are leases, but none for a listed shard, and a listed shard has no parents. A shard
 * without parents was created with the stream, so the leases belong to another stream.
 */
function isUnrelated(
  leases: ReadonlyMap<string, Lease>,
  shards: ReadonlyMap<string, Shard>,
): boolean {
  const listed = [...shards.values()];
  return leases.size > 0 &&
    !listed.some(({ ShardId }) => leases.has(ShardId)) &&
    listed.some((shard) => parentsOf(shard).length === 0);
}
