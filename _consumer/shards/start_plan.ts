/**
 * Decides where each shard starts: plans the leases to create, and the positions that a lease
 * cannot hold.
 *
 * @module
 */
import type { Lineage } from "./lineage.ts";
import {
  beginningOf,
  hashKeyRangeOf,
  isClosed,
  parentsOf,
} from "../../_shards/shard_facts.ts";
import type { Lease, NewLease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import type {
  Checkpoint,
  ShardPosition,
  StartPosition,
} from "../../records.ts";
import { isBegun } from "../leases/lease_table.ts";
import { latestAsTime } from "./latest_position.ts";

/** A lease to create. */
export interface PlannedLease {
  /** The lease. */
  readonly lease: NewLease;
  /** Whether the shard starts at LATEST. The lease holds a time in place of it. */
  readonly isLatest: boolean;
}

/** The facts about a stream by which leases are planned. */
export interface PlanSituation {
  /** The stream as the consumer was given it: its name or its ARN. */
  readonly stream: string;
  /** Its shards. */
  readonly lineage: Lineage;
  /** The leases that are stored, by shard id. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** The start position of the user. */
  readonly from: StartPosition;
  /** When this worker started, by the clock of the service, in milliseconds since the epoch. */
  readonly startedAt: number;
  /**
   * Shards that were closed before `from`, if that is a time.
   * @default {none}
   */
  readonly closedBefore?: ReadonlySet<string>;
  /**
   * Shards that `from` has a position for, and that have expired. They get leases as well: their
   * readers report what has expired.
   * @default {none}
   */
  readonly expired?: readonly string[];
}

/**
 * Plans the leases that are missing. Store each batch before the next one: children come before
 * their parents, so after a crash in between, no shard has a lease whose child has none. Shards
 * that the start position leaves out get a lease at SHARD_END.
 *
 * Example: shard 0 was split into 1 and 2, and `from` is LATEST. The first batch has 1 and 2,
 * with the time of the start minus 10 seconds; the second batch has 0 at SHARD_END. When this
 * worker takes the new lease of shard 1 at once, it reads at LATEST. If it crashes first, the
 * next worker finds the stored time and reads from there, so nothing that was written in between
 * is lost.
 */
export function planLeases(situation: PlanSituation): PlannedLease[][] {
  const { lineage, leases, stream, startedAt } = situation;
  // A worker takes a lease (counter 1) only after all listed shards have one (counter 0).
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
          hashKeyRange: hashKeyRangeOf(shard),
        },
        // If only a later list names a shard, records may have been written to it since the start.
        // So its reader must start at the stored time and not at LATEST.
        isLatest: position.type === "LATEST" && !isRunning,
      });
    }
    if (batch.length > 0) batches.push(batch);
  }
  const expired = planExpired(situation);
  return expired.length > 0 ? [...batches, expired] : batches;
}

function planExpired(
  { leases, stream, from, startedAt, expired = [] }: PlanSituation,
): PlannedLease[] {
  return expired.filter((shardId) => !leases.has(shardId)).map((shardId) => ({
    lease: {
      streamName: stream,
      shardId,
      checkpoint: storable(namedPosition(from, shardId)!, startedAt),
      parentShardIds: [],
    },
    isLatest: false,
  }));
}

/**
 * Where a worker starts to read after it has taken a lease. `isFresh` tells that the same worker
 * has created this lease in the same look, for LATEST.
 */
export function startPosition(
  lease: Lease,
  from: StartPosition,
  isFresh: boolean,
): ShardPosition {
  const { shardId, counter, checkpoint, startingSequenceNumber = 0 } = lease;
  // Only the first holder may start at LATEST. An earlier holder may have handed out records
  // without an acknowledgement, and LATEST would leave them out.
  if (isFresh && counter === 1) return { type: "LATEST" };
  const named = namedPosition(from, shardId);
  if (
    checkpoint.type === "TRIM_HORIZON" &&
    named?.type === "AT_SEQUENCE_NUMBER" &&
    // A number before the beginning of the shard belongs to an earlier stream of the same name. The
    // beginning itself is the oldest record, and perhaps no record has its number.
    BigInt(named.sequenceNumber) > BigInt(startingSequenceNumber)
  ) return named;
  return checkpoint as ShardPosition;
}

function startOf(
  shard: Shard,
  { lineage, leases, from, closedBefore }: PlanSituation,
  isRunning: boolean,
): ShardPosition | Checkpoint {
  const id = shard.ShardId;
  // A descendant has progress, so this shard was finished or left out before its lease was deleted.
  if (lineage.someDescendant(id, (child) => isBegun(leases.get(child)))) {
    return { type: "SHARD_END" };
  }
  // An ancestor has a lease, so this shard opened after the start. All its records are new.
  if (lineage.someAncestor(id, (parent) => leases.has(parent))) {
    return from instanceof Date
      ? timeOfParents(shard, leases) ?? { type: "TRIM_HORIZON" }
      : { type: "TRIM_HORIZON" };
  }
  if (from === "TRIM_HORIZON") return { type: "TRIM_HORIZON" };
  if (from === "LATEST" && isRunning) {
    // A shard with parents was opened by a reshard after the start, even if its parents are gone.
    return { type: parentsOf(shard).length > 0 ? "TRIM_HORIZON" : "LATEST" };
  }
  if (from === "LATEST") {
    return { type: isClosed(shard) ? "SHARD_END" : "LATEST" };
  }
  if (from instanceof Date) {
    return closedBefore?.has(id)
      ? { type: "SHARD_END" }
      : { type: "AT_TIMESTAMP", timestamp: from };
  }
  const isNamed = (shardId: string) =>
    namedPosition(from, shardId) !== undefined;
  return namedPosition(from, id) ??
    {
      type: lineage.someDescendant(id, isNamed) ? "SHARD_END" : "TRIM_HORIZON",
    };
}

/**
 * The time at which all parents of a shard start, if they have no progress. The shard starts there
 * as well: if the time lies in the future, the shard may have older records.
 */
function timeOfParents(
  shard: Shard,
  leases: ReadonlyMap<string, Lease>,
): Checkpoint | undefined {
  let earliest: Extract<Checkpoint, { type: "AT_TIMESTAMP" }> | undefined;
  for (const id of parentsOf(shard)) {
    const checkpoint = leases.get(id)?.checkpoint;
    if (checkpoint?.type !== "AT_TIMESTAMP") return undefined;
    if (!earliest || checkpoint.timestamp < earliest.timestamp) {
      earliest = checkpoint;
    }
  }
  return earliest;
}

/** The shards that the user gave positions for. */
export function namedShards(from: StartPosition): string[] {
  return typeof from === "string" || from instanceof Date
    ? []
    : Object.keys(from);
}

/** The position that the user gave for this shard, if `from` has positions by shard id. */
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
      return latestAsTime(startedAt);
    case "AT_SEQUENCE_NUMBER":
      // A checkpoint names the last processed record, so a lease cannot hold "from this record on".
      // The same option gives the same start again after a restart.
      return { type: "TRIM_HORIZON" };
    default:
      return position;
  }
}
