/**
 * Decides when reading has reached the option `until`.
 *
 * @module
 */
import type { KinesisApiRecord } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { Lineage } from "../shards/lineage.ts";

/**
 * A record can be read only some time after it has arrived, mostly less than a second. An answer
 * without records proves that no record arrived before a time if it was asked for this much later,
 * in milliseconds.
 */
const SETTLE_MS = 5000;

/**
 * The records before the first record that arrived at `until` or later. Arrival times may go back
 * by some milliseconds along a shard. A cut at the first late record is where an iterator
 * AT_TIMESTAMP begins, so the record lies in exactly one of two neighbouring spans.
 *
 * @throws {KinesisError} if a record has no arrival time
 */
export function recordsBefore(
  until: Date,
  records: KinesisApiRecord[],
  shardId: string,
): KinesisApiRecord[] {
  const end = records.findIndex((record) => {
    const time = record.ApproximateArrivalTimestamp?.getTime();
    if (time === undefined) throw withoutTime(shardId, record);
    return time >= until.getTime();
  });
  return end < 0 ? records : records.slice(0, end);
}

/**
 * Whether no further record can appear that arrived before `until`. `serviceNow` is the time of the
 * service in milliseconds since the epoch, rounded down.
 */
export function isSettled(until: Date, serviceNow: number): boolean {
  return settledAfterMs(until, serviceNow) <= 0;
}

/** The time until {@linkcode isSettled} is true, in milliseconds. */
export function settledAfterMs(until: Date, serviceNow: number): number {
  return until.getTime() + SETTLE_MS - serviceNow;
}

/** The facts about the shards of a stream. */
export interface EndSituation {
  /** The option. */
  readonly until: "caught-up" | Date | undefined;
  /** The time of the service in milliseconds since the epoch, rounded down. */
  readonly serviceNow: number;
  /** The shards that are listed or have a lease. */
  readonly lineage: Lineage;
  /** The shards that this worker reads. */
  readonly sessions: ReadonlyMap<string, { readonly hasReachedUntil: boolean }>;
  /** Shards that this worker has read as far as `until` says, and has given back. */
  readonly passed: ReadonlySet<string>;
  /** Whether a shard has been processed to its end. */
  readonly isFinished: (shardId: string) => boolean;
  /** Whether another running worker holds the lease of the shard or of one of its ancestors. */
  readonly isElsewhere: (shardId: string) => boolean;
}

/**
 * Whether the stream has reached `until`. A shard that another running worker reads is not waited
 * for: that worker starts its children.
 */
export function isUntilReached(situation: EndSituation): boolean {
  const { until, serviceNow, lineage, sessions, passed } = situation;
  if (until === undefined) return false;
  for (const session of sessions.values()) {
    if (!session.hasReachedUntil) return false;
  }
  // Without a shard of its own, the worker stands by for the others until then.
  if (
    sessions.size === 0 && until instanceof Date &&
    !isSettled(until, serviceNow)
  ) return false;
  const { isFinished, isElsewhere } = situation;
  // All records of a child are later than those of its parents.
  const isBehindEnd = (id: string) =>
    passed.has(id) || until instanceof Date && sessions.has(id);
  return [...lineage.ids].every((id) =>
    isFinished(id) || sessions.has(id) || isBehindEnd(id) || isElsewhere(id) ||
    lineage.someAncestor(id, isBehindEnd)
  );
}

function withoutTime(
  shardId: string,
  { SequenceNumber }: KinesisApiRecord,
): KinesisError {
  return new KinesisError(
    `Cannot end ${shardId} at a time as record ${SequenceNumber} has no arrival time: ` +
      "the server does not support 'until' with a Date",
    { code: "ArrivalTimeMissing" },
  );
}
