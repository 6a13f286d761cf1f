/**
 * The errors for lists of shards and leases that contradict each other or are not complete.
 *
 * @module
 */
import { KinesisError, ResponseError } from "../../errors.ts";

/** A list of shards is older than a lease; the next one may be newer. */
export function oldList(stream: string, shardId: string): ResponseError {
  return new ResponseError(
    `Cannot use the list of the shards of ${stream}: ` +
      `the lease of ${shardId} is of a stream that was created later. ` +
      "If two streams of this name, in two regions or accounts, share a checkpointer, " +
      "give their consumers 'streamARN'",
    { status: 200 },
  );
}

/** A parent exists and is not listed, so its children must wait until it is listed. */
export function unlistedParents(shardIds: readonly string[]): KinesisError {
  return new KinesisError(
    `Cannot open the children of ${shardIds.join(", ")} yet: ` +
      "the list of shards does not name these parents, and they exist",
    { code: "ShardListIncomplete", retryable: true },
  );
}

/** A closed shard waits until its children are listed: every shard has some when it is closed. */
export function unlistedChildren(shardIds: readonly string[]): KinesisError {
  return new KinesisError(
    `Cannot finish ${shardIds.join(", ")} yet: ` +
      "the list of shards does not name all of their children",
    { code: "ShardListIncomplete", retryable: true },
  );
}

/** How many shards an error names. */
const MOST_NAMED = 5;

/** The user gave positions for shards that do not exist. */
export function unknownShards(
  stream: string,
  unknown: readonly string[],
  listed: readonly string[],
): KinesisError {
  const more = listed.length - MOST_NAMED;
  return new KinesisError(
    `Cannot start with ${stream} as 'from' has positions for ${
      unknown.join(", ")
    }, which the stream does not have (any more). It has ` +
      listed.slice(0, MOST_NAMED).join(", ") +
      (more > 0 ? ` and ${more} more shards` : ""),
    { code: "UnknownShard" },
  );
}

/** The user gave positions for shards that exist and are not listed; the next list may name them. */
export function unlistedStart(
  stream: string,
  shardIds: readonly string[],
): KinesisError {
  return new KinesisError(
    `Cannot start with ${stream} yet: the list of shards does not name ${
      shardIds.join(", ")
    }, which 'from' has positions for`,
    { code: "ShardListIncomplete", retryable: true },
  );
}

/** There are leases under the name of the stream, and none under its ARN. */
export function progressUnderName(
  stream: string,
  streamName: string,
): KinesisError {
  return new KinesisError(
    `Cannot start with ${stream} as progress of this stream seems to be stored ` +
      `under its name "${streamName}", and none under the ARN. ` +
      "Go on with 'streamName', or copy the leases (see docs/checkpoints.md), or, " +
      "if they are of another stream or not wanted, use a checkpointer of its own",
    { code: "ProgressUnderName" },
  );
}

/** The stream was created again, and the policy is to fail. */
export function recreated(
  stream: string,
  shardIds: readonly string[],
): KinesisError {
  return new KinesisError(
    `Cannot go on with ${stream} as it was deleted and created again: ` +
      `the progress that is stored for ${shardIds.join(", ")} is that of the ` +
      'earlier stream. Use the policy onRecreated: "restart", ' +
      "or a checkpointer of its own",
    { code: "StreamRecreated" },
  );
}

/** Other workers wrote leases while they were replaced. The next attempt may succeed. */
export function notReplacedYet(stream: string, count: number): ResponseError {
  return new ResponseError(
    `Cannot start ${stream} anew yet: ` +
      `${count} leases of the earlier stream were written meanwhile`,
    { status: 200 },
  );
}
