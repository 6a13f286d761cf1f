/**
 * Measures how far shards are behind.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/mod.ts";
import type {
  GetRecordsResponse,
  GetShardIteratorRequest,
  KinesisClient,
} from "../client/mod.ts";
import type { CheckpointStatus, ShardCheckpoint } from "../mod.ts";
import { bytes, kpl } from "../processors/mod.ts";
import { ServiceError } from "../errors.ts";
import { pause } from "./_pause.ts";
import type { StreamTarget } from "./_stream_target.ts";

/** How far a shard is behind. */
export interface ShardLag {
  readonly shard: ShardCheckpoint;
  /**
   * The age of the oldest record that is not processed, in milliseconds; 0 if all are. Absent if it
   * is not known where the shard will be read from.
   */
  readonly lagMs?: number;
  /** When that record arrived. */
  readonly arrivedAt?: Date;
  /** Why the lag could not be measured. */
  readonly error?: string;
}

/** What is needed to measure. */
export interface LagOptions {
  readonly client: KinesisClient;
  readonly target: StreamTarget;
  readonly signal: AbortSignal;
}

/**
 * The time between two requests for one shard, in milliseconds. A shard allows 5 a second, and its
 * consumers need them.
 */
const POLL_MS = 500;
/** Answers without a record, after which the last one decides. */
const MOST_POLLS = 20;
/** Shards that are measured at the same time. */
const AT_ONCE = 8;

/** The lags of all shards, in the order of the status. */
export async function lagsOf(
  { shards }: CheckpointStatus,
  options: LagOptions,
): Promise<ShardLag[]> {
  const leased = new Set(
    shards.filter(({ state }) => state !== "new").map((it) => it.shardId),
  );
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const hasLeasedAncestor = ({ parentShardIds }: ShardCheckpoint): boolean =>
    parentShardIds.some((id) => {
      const parent = byId.get(id);
      return leased.has(id) || parent && hasLeasedAncestor(parent);
    });
  const lags: ShardLag[] = new Array(shards.length);
  let next = 0;
  const work = async () => {
    for (let at; (at = next++) < shards.length;) {
      const shard = shards[at]!;
      const isRead = shard.state !== "new" || shard.isOpen ||
        hasLeasedAncestor(shard);
      lags[at] = isRead && shard.isListed
        ? await lagOf(shard, options)
        : { shard };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return lags;
}

async function lagOf(
  shard: ShardCheckpoint,
  options: LagOptions,
): Promise<ShardLag> {
  const { checkpoint = { type: "TRIM_HORIZON" } } = shard;
  if (checkpoint.type === "SHARD_END" || checkpoint.type === "LATEST") {
    return { shard, lagMs: 0 };
  }
  try {
    return { shard, ...await firstUnprocessed(shard, checkpoint, options) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { shard, error: error.message };
  }
}

async function firstUnprocessed(
  { shardId }: ShardCheckpoint,
  checkpoint: Exclude<Checkpoint, { type: "SHARD_END" | "LATEST" }>,
  { client, target, signal }: LagOptions,
): Promise<Omit<ShardLag, "shard">> {
  const isPartial = checkpoint.type === "SEQUENCE" &&
    checkpoint.subSequenceNumber !== undefined;
  const { ShardIterator } = await client.getShardIterator({
    ...target,
    ShardId: shardId,
    ...positionOf(checkpoint),
  }, { signal });
  let iterator: string | undefined = ShardIterator;
  let behindMs = 0;
  for (let polls = 0; iterator !== undefined && polls < MOST_POLLS; polls++) {
    if (polls > 0) await pause(POLL_MS, signal);
    const answer: GetRecordsResponse = await client.getRecords({
      ...(target.StreamARN !== undefined && { StreamARN: target.StreamARN }),
      ShardIterator: iterator,
      // The record of the checkpoint may come first.
      Limit: isPartial ? 2 : 1,
    }, { signal });
    const record = answer.Records.find((one) =>
      !(checkpoint.type === "SEQUENCE" &&
        one.SequenceNumber === checkpoint.sequenceNumber) ||
      isUnfinished(one.Data, checkpoint.subSequenceNumber!)
    );
    behindMs = answer.MillisBehindLatest ?? 0;
    if (record) {
      const arrivedAt = record.ApproximateArrivalTimestamp;
      if (!arrivedAt) return { lagMs: behindMs };
      const now = client.serviceNow() ?? Date.now();
      const ageMs = Math.round(now - arrivedAt.getTime());
      return { lagMs: Math.max(0, ageMs), arrivedAt };
    }
    if (behindMs === 0) break;
    iterator = answer.NextShardIterator;
  }
  return { lagMs: behindMs };
}

function positionOf(
  checkpoint: Exclude<Checkpoint, { type: "SHARD_END" | "LATEST" }>,
): Pick<
  GetShardIteratorRequest,
  "ShardIteratorType" | "StartingSequenceNumber" | "Timestamp"
> {
  switch (checkpoint.type) {
    case "TRIM_HORIZON":
      return { ShardIteratorType: "TRIM_HORIZON" };
    case "AT_TIMESTAMP":
      return {
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: checkpoint.timestamp,
      };
    case "SEQUENCE":
      return {
        ShardIteratorType: checkpoint.subSequenceNumber === undefined
          ? "AFTER_SEQUENCE_NUMBER"
          : "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: checkpoint.sequenceNumber,
      };
  }
}

/**
 * Whether a record has values after the processed one. How many values a record of another format
 * has is not known: it counts as processed, because a KCL stores a value of plain records, too.
 */
function isUnfinished(
  data: Uint8Array<ArrayBuffer>,
  processed: number,
): boolean {
  const record = { streamName: "", shardId: "", sequenceNumber: "0", data };
  return kpl().unpack(bytes(), record).length > processed + 1;
}
