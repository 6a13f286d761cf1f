/**
 * Chooses the next step after the service refused a position with InvalidArgumentException. The
 * service refuses a time in the future until that time, and other positions without end.
 *
 * @module
 */
import { KinesisError } from "../../errors.ts";
import type { ShardPosition, StartPosition } from "../../records.ts";
import { namedPosition } from "../shards/start_plan.ts";

/** What the reader of the shard does next. */
export type Remedy =
  /** Try again, up to the limit of failures. */
  | { readonly type: "again" }
  /** Try again after `ms` milliseconds. */
  | { readonly type: "wait"; readonly ms: number }
  /** Start at the oldest record. */
  | { readonly type: "oldest" }
  /** Give up with this error. */
  | { readonly type: "fail"; readonly error: unknown };

/** A refused position, and the facts by which the next step is chosen. */
export interface Refusal {
  /** The error of the service. */
  readonly cause: unknown;
  /** The shard. */
  readonly shardId: string;
  /** The refused position. */
  readonly position: ShardPosition;
  /** The start position of the user. */
  readonly from: StartPosition;
  /** The time of the service, in milliseconds since the epoch, if it is known. */
  readonly serviceNow: number | undefined;
}

/** The longest wait for a time in the future, in milliseconds. Then the service is asked again. */
const MOST_WAIT_MS = 60_000;

/** Chooses what to do. */
export function remedyFor(refusal: Refusal): Remedy {
  const { cause, shardId, position, from, serviceNow } = refusal;
  if ("sequenceNumber" in position && isOfUser(position, from, shardId)) {
    const error = new KinesisError(
      `Cannot start ${shardId} at sequence number ${position.sequenceNumber} ` +
        `as the service refuses it: from["${shardId}"] must have a number of this shard`,
      { code: "PositionRefused", cause },
    );
    return { type: "fail", error };
  }
  if (position.type === "SEQUENCE") {
    const error = new KinesisError(
      `Cannot go on with ${shardId} at sequence number ${position.sequenceNumber} ` +
        "as the service refuses it: it may be of another stream. " +
        "Delete the lease of the shard to start it over",
      { code: "CheckpointRefused", cause },
    );
    return { type: "fail", error };
  }
  if (position.type !== "AT_TIMESTAMP") return { type: "fail", error: cause };
  const early = serviceNow === undefined
    ? undefined
    : position.timestamp.getTime() - serviceNow;
  if (early !== undefined && early <= 0) return { type: "fail", error: cause };
  // With LATEST, a time in the future was stored by a clock that was ahead, so the time of the
  // start is not known.
  const start = typeof from === "string"
    ? from
    : namedPosition(from, shardId)?.type;
  if (start === "LATEST") return { type: "oldest" };
  return early === undefined
    ? { type: "again" }
    : { type: "wait", ms: Math.min(early, MOST_WAIT_MS) };
}

/** Whether a refused position is one that the user gave, and not a stored one. */
function isOfUser(
  { sequenceNumber }: { readonly sequenceNumber: string },
  from: StartPosition,
  shardId: string,
): boolean {
  const named = namedPosition(from, shardId);
  return named !== undefined && "sequenceNumber" in named &&
    named.sequenceNumber === sequenceNumber;
}
