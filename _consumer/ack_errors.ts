/**
 * The errors of a stream whose records are not acknowledged.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";

/** Not one value was acknowledged, as if the application did not know that it has to. */
export function neverAcknowledged(count: number): KinesisError {
  return new KinesisError(
    `Cannot go on as not one of the ${count} values that were handed out was acknowledged. Call record.ack(), iterate ` +
      "with for await, or pipe into consumer.acknowledging(sink); pipeline() of node:stream reads ahead and " +
      "acknowledges nothing",
    { code: "NothingAcknowledged" },
  );
}

/** One value was not acknowledged, and its shard cannot go on. */
export function missingAcknowledgement(
  shardId: string,
  { sequenceNumber, subSequenceNumber, ageMs }: OldestUnacknowledged,
  count: number,
): KinesisError {
  const value = subSequenceNumber === undefined
    ? ""
    : ` (value ${subSequenceNumber} in it)`;
  return new KinesisError(
    `Cannot go on with ${shardId}: record ${sequenceNumber}${value} has not been acknowledged for ` +
      `${
        Math.round(ageMs / 1000)
      } s, and ${count} values from it on are handed out. A filter must call ` +
      "record.ack() for what it drops; if a value may take longer, raise 'acknowledgeTimeoutMs'",
    { code: "AcknowledgementMissing" },
  );
}
