/**
 * Where each shard starts: the leases that are missing, and the positions that no lease can hold.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import { beginningOf, isClosed, parentsOf } from "../_shards/shard_facts.ts";
import type { Lease, NewLease } from "../checkpoint/mod.ts";
import type { Shard } from "../client/mod.ts";
import type { Checkpoint, ShardPosition, StartPosition } from "../records.ts";
import { isBegun } from "./lease_table.ts";
import { latestAsTime } from "./latest_position.ts";

/** A lease to be made. */
export interface PlannedLease {
  /** What is stored. */
  readonly lease: NewLease;
  /** Whether the shard starts at LATEST, which a lease can only hold as a time. */
  readonly isLatest: boolean;
}

/** What is known of a stream. */
export interface PlanSituation {
  /** The stream, as leases name it. */
  readonly stream: string;
  /** Its shards. */
  readonly lineage: Lineage;
  /** The leases that are stored, by shard id. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** The user's start position. */
  readonly from: StartPosition;
  /** When this worker started, by the clock of the service, in milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * The leases that are missing, in batches: each is to be stored before the next, so that after a crash in between no shard
 * has a lease whose child has none. Shards that the start position leaves out get a lease that says they are done.
 */
export function planLeases(situation: PlanSituation): PlannedLease[][] {
  const { lineage, leases, stream, startedAt } = situation;
  // Nobody takes a lease before every shard that was listed has one.
  const isRunning = [...leases.values()].some(({ counter }) => counter > 0);
  const batches: PlannedLease[][] = [];
  for (const generation of lineage.youngestFirst()) {
    const batch: PlannedLease[] = [];
    for (const shard of generation) {
      if (leases.has(shard.ShardId)) continue;
      const position = startOf(shard, situation, isRunning);
      batch.push({
        lease: {
          streamName: stream,
          shardId: shard.ShardId,
          checkpoint: storable(position, startedAt),
          parentShardIds: parentsOf(shard),
          startingSequenceNumber: beginningOf(shard),
        },
        // A shard that was not listed at the start has been written to since.
        isLatest: position.type === "LATEST" && !isRunning,
      });
    }
    if (batch.length > 0) batches.push(batch);
  }
  return batches;
}

/** Where a worker that has taken a lease starts. `isFresh`: it made the lease just now, and for LATEST. */
export function startPosition(
  lease: Lease,
  from: StartPosition,
  isFresh: boolean,
): ShardPosition {
  const { shardId, counter, checkpoint, startingSequenceNumber = 0 } = lease;
  // Only the very first holder: what another one has handed out since and not acknowledged lies before the latest now.
  if (isFresh && counter === 1) return { type: "LATEST" };
  const named = namedPosition(from, shardId);
  if (
    checkpoint.type === "TRIM_HORIZON" &&
    named?.type === "AT_SEQUENCE_NUMBER" &&
    // A number before the shard's beginning is of an earlier stream of the name.
    BigInt(named.sequenceNumber) >= BigInt(startingSequenceNumber)
  ) return named;
  return checkpoint as ShardPosition;
}

function startOf(
  shard: Shard,
  { lineage, leases, from }: PlanSituation,
  isRunning: boolean,
): ShardPosition | Checkpoint {
  const id = shard.ShardId;
  // Before a shard that somebody has begun: it was done, or left out, when that happened, and its lease was tidied away.
  if (lineage.someDescendant(id, (child) => isBegun(leases.get(child)))) {
    return { type: "SHARD_END" };
  }
  // After a shard that somebody works on: it opened later than the start, whatever the start was.
  if (lineage.someAncestor(id, (parent) => leases.has(parent))) {
    return { type: "TRIM_HORIZON" };
  }
  if (from === "TRIM_HORIZON") return { type: "TRIM_HORIZON" };
  if (from === "LATEST" && isRunning) {
    // Opened by a reshard, all of it is newer than the start, also when its parents have expired
    // unread.
    return { type: parentsOf(shard).length > 0 ? "TRIM_HORIZON" : "LATEST" };
  }
  if (from === "LATEST") {
    return { type: isClosed(shard) ? "SHARD_END" : "LATEST" };
  }
  if (from instanceof Date) return { type: "AT_TIMESTAMP", timestamp: from };
  const isNamed = (shardId: string) =>
    namedPosition(from, shardId) !== undefined;
  return namedPosition(from, id) ??
    {
      type: lineage.someDescendant(id, isNamed) ? "SHARD_END" : "TRIM_HORIZON",
    };
}

/** The position that the user named for a shard. */
export function namedPosition(
  from: StartPosition,
  shardId: string,
): ShardPosition | undefined {
  if (typeof from !== "object" || from instanceof Date) return undefined;
  return Object.hasOwn(from, shardId) ? from[shardId] : undefined;
}

function storable(
  position: ShardPosition | Checkpoint,
  startedAt: number,
): Checkpoint {
  switch (position.type) {
    case "LATEST":
      // After a crash before the first record, "latest" would be a later one.
      return latestAsTime(startedAt);
    case "AT_SEQUENCE_NUMBER":
      // There is no "before this record" to store; the same option gives the same start again.
      return { type: "TRIM_HORIZON" };
    default:
      return position;
  }
}
