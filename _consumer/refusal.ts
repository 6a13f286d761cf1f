/**
 * What helps when the service refuses a position: an InvalidArgumentException is for ever, unless
 * it is about a time to come.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";
import type { ShardPosition, StartPosition } from "../records.ts";
import { namedPosition } from "./start_plan.ts";

/** What the reader of the shard is to do. */
export type Remedy =
  /** Try again; there is a limit to that. */
  | { readonly type: "again" }
  /** Try again when so many milliseconds have passed. */
  | { readonly type: "wait"; readonly ms: number }
  /** Start at the oldest record. */
  | { readonly type: "oldest" }
  /** Nothing helps. */
  | { readonly type: "fail"; readonly error: unknown };

/** What is known. */
export interface Refusal {
  /** The error of the service. */
  readonly cause: unknown;
  /** The shard. */
  readonly shardId: string;
  /** What was refused. */
  readonly position: ShardPosition;
  /** The user's start position. */
  readonly from: StartPosition;
  /** The time of the service, in milliseconds since the epoch, where it is known. */
  readonly serviceNow: number | undefined;
}

/** How often the service is asked whether a time has come, at least, in milliseconds. */
const MOST_WAIT_MS = 60_000;

/** Finds what helps. */
export function remedyFor(refusal: Refusal): Remedy {
  const { cause, shardId, position, from, serviceNow } = refusal;
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
  // Stored by a clock that was ahead: when reading really began is not known.
  const start = typeof from === "string"
    ? from
    : namedPosition(from, shardId)?.type;
  if (start === "LATEST") return { type: "oldest" };
  return early === undefined
    ? { type: "again" }
    : { type: "wait", ms: Math.min(early, MOST_WAIT_MS) };
}
