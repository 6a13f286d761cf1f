/**
 * Where each shard starts for which no lease is stored yet.
 *
 * @module
 */
import type { Lineage } from "../_shards/lineage.ts";
import { isClosed, parentsOf } from "../_shards/lineage.ts";
import type { NewLease } from "../checkpoint/mod.ts";
import type { Shard } from "../client/mod.ts";
import type { Checkpoint, ShardPosition, StartPosition } from "../records.ts";
import { LATEST_MARGIN_MS } from "./shard_reader.ts";

/** A lease to be made. */
export interface PlannedLease {
  /** What is stored. */
  readonly lease: NewLease;
  /** Where this worker starts reading, when that cannot be stored. */
  readonly position?: ShardPosition;
}

/** What is known of a stream. */
export interface PlanSituation {
  /** The stream. */
  readonly streamName: string;
  /** Its shards. */
  readonly lineage: Lineage;
  /** Whether a lease is stored for a shard. */
  readonly hasLease: (shardId: string) => boolean;
  /** The user's start position. */
  readonly from: StartPosition;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The leases that are missing. Shards that the start position leaves out get one that says they are done. */
export function planLeases(situation: PlanSituation): PlannedLease[] {
  const { lineage, hasLease, streamName } = situation;
  const planned: PlannedLease[] = [];
  for (const shard of lineage.shards.values()) {
    if (hasLease(shard.ShardId)) continue;
    const position = startOf(shard, situation);
    planned.push({
      lease: {
        streamName,
        shardId: shard.ShardId,
        checkpoint: storable(position, situation.now),
        parentShardIds: parentsOf(shard),
      },
      position: position.type === "SHARD_END" ? undefined : position,
    });
  }
  return planned;
}

function startOf(
  shard: Shard,
  { lineage, hasLease, from }: PlanSituation,
): ShardPosition | Checkpoint {
  const id = shard.ShardId;
  // Before a shard that somebody works on already: it was left out when work began.
  if (lineage.someDescendant(id, hasLease)) return { type: "SHARD_END" };
  // After a shard that somebody works on: it opened later than the start, whatever the start was.
  if (lineage.someAncestor(id, hasLease)) return { type: "TRIM_HORIZON" };
  if (from === "TRIM_HORIZON") return { type: "TRIM_HORIZON" };
  if (from === "LATEST") {
    return { type: isClosed(shard) ? "SHARD_END" : "LATEST" };
  }
  if (from instanceof Date) return { type: "AT_TIMESTAMP", timestamp: from };
  const named = (shardId: string) => Object.hasOwn(from, shardId);
  if (named(id)) return from[id]!;
  return {
    type: lineage.someDescendant(id, named) ? "SHARD_END" : "TRIM_HORIZON",
  };
}

function storable(
  position: ShardPosition | Checkpoint,
  now: number,
): Checkpoint {
  switch (position.type) {
    case "LATEST":
      // After a crash before the first record, "latest" would be a later one.
      return {
        type: "AT_TIMESTAMP",
        timestamp: new Date(now - LATEST_MARGIN_MS),
      };
    case "AT_SEQUENCE_NUMBER":
      // There is no "before this record" to store; the same option gives the same start again.
      return { type: "TRIM_HORIZON" };
    default:
      return position;
  }
}
