/**
 * The errors of values that are not acknowledged, and of progress that is not stored.
 *
 * @module
 */
import { CheckpointError, KinesisError } from "../../errors.ts";
import type { OldestUnacknowledged } from "../../health.ts";

/** The error for an application that reads values and acknowledges none of them. */
export function neverAcknowledged(count: number): KinesisError {
  return new KinesisError(
    `Cannot go on as not one of the ${count} values that were handed out was acknowledged. Call record.ack(), iterate ` +
      "with for await, or pipe into consumer.acknowledging(sink); pipeline() of node:stream reads ahead and " +
      "acknowledges nothing",
    { code: "NothingAcknowledged" },
  );
}

/** The error for one value that was not acknowledged in time, so its shard cannot go on. */
export function missingAcknowledgement(
  shardId: string,
  { sequenceNumber, subSequenceNumber, ageMs }: OldestUnacknowledged,
  count: number,
): KinesisError {
  const value = subSequenceNumber === undefined
    ? ""
    : ` (value ${subSequenceNumber} in it)`;
  const seconds = Math.round(ageMs / 1000);
  return new KinesisError(
    `Cannot go on with ${shardId}: record ${sequenceNumber}${value} has not been acknowledged for ` +
      `${seconds} s, and ${count} values from it on are handed out. A filter must call ` +
      "record.ack() for what it drops; if a value may take longer, raise 'acknowledgeTimeoutMs'",
    { code: "AcknowledgementMissing" },
  );
}

/**
 * Throws an error for progress that could not be stored, if there is any.
 *
 * @throws {CheckpointError} with the failures, by shard id
 */
export function throwIfNotStored(
  failures: ReadonlyMap<string, unknown>,
): void {
  if (failures.size === 0) return;
  throw new CheckpointError(
    `Cannot store the progress of ${[...failures.keys()].join(", ")}: ` +
      "what was processed there since the last checkpoint will be read again",
    { failures, cause: failures.values().next().value },
  );
}
