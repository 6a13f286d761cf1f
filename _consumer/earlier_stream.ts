/**
 * Telling apart a stream and one that was deleted before it was created under the same name: both
 * have a `shardId-000000000000`.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import { beginningOf, isClosed, parentsOf } from "../_shards/shard_facts.ts";
import type { Lease } from "../checkpoint/mod.ts";
import type { Shard } from "../client/mod.ts";

/**
 * To which stream a lease belongs, as far as can be told: of two streams of one name the later
 * has the greater numbers.
 */
export type Belonging = "this" | "earlier" | "later" | "unknown";

/** Compares a lease with the shard of the same id that was listed. */
export function belongingOf(lease: Lease, shard: Shard | undefined): Belonging {
  const listed = beginningOf(shard);
  if (listed === undefined) return "this";
  const { startingSequenceNumber: stored, checkpoint } = lease;
  if (stored === undefined) {
    // A lease of an older release, or of a KCL. A checkpoint before the shard's beginning is not of
    // this shard, and an open shard cannot have been read to its end.
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

/**
 * The leases of an earlier stream. Empty if the stream is the one that the leases were made for.
 */
export function leasesOfEarlier(
  leases: ReadonlyMap<string, Lease>,
  { shards }: Pick<Lineage, "shards">,
): Lease[] {
  const all = [...leases.values()];
  const earlier = all.filter((lease) =>
    belongingOf(lease, shards.get(lease.shardId)) === "earlier"
  );
  if (earlier.length === 0 && !isUnrelated(leases, shards)) return [];
  // The stream is a later one, so leases that do not say where their shard begins are not of it.
  for (const lease of all) {
    const shard = shards.get(lease.shardId);
    if (shard && belongingOf(lease, shard) === "unknown") earlier.push(lease);
  }
  // Those of shards that the new stream does not have (yet) began before all that it has.
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
 * Whether no shard has a lease, although there are leases, and one has no parents: a stream gets
 * such shards when it is created.
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
