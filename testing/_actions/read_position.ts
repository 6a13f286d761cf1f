/**
 * The common part of GetShardIterator and SubscribeToShard: where reading starts.
 *
 * @module
 */
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import { invalidArgument } from "../_wire/service_error.ts";

/** A starting position in the API's terms. */
export interface Start {
  readonly type:
    | "AFTER_SEQUENCE_NUMBER"
    | "LATEST"
    | "AT_TIMESTAMP"
    | "AT_SEQUENCE_NUMBER"
    | "TRIM_HORIZON";
  readonly sequenceNumber?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  /** The name of the action, for error messages. */
  readonly action: string;
}

/** The log offset of the first record to read. */
export function offsetOf(
  stream: Stream,
  shard: Shard,
  start: Start,
  now: number,
): number {
  switch (start.type) {
    case "TRIM_HORIZON":
      return shard.log.firstOffset;
    case "LATEST":
      return shard.log.nextOffset;
    case "AT_TIMESTAMP": {
      const { timestamp } = start;
      if (timestamp === undefined) {
        throw invalidArgument(
          `Must either specify timestamp or use another type than AT_TIMESTAMP in ${start.action}.`,
        );
      }
      if (timestamp > now) {
        throw invalidArgument(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestamp}, currentTimestampInMillis: ${now}`,
        );
      }
      return shard.log.seek(({ time }) => time < timestamp);
    }
    default:
      return offsetOfSequenceNumber(stream, shard, start);
  }
}

function offsetOfSequenceNumber(
  stream: Stream,
  shard: Shard,
  start: Start,
): number {
  const number = start.sequenceNumber;
  if (number === undefined) {
    throw invalidArgument(
      `Must specify a sequence number with type ${start.type} in ${start.action}.`,
    );
  }
  const position = shard.numbers.read(number);
  if (!position) {
    throw invalidArgument(
      `StartingSequenceNumber ${number} used in ${start.action} on shard ${shard.id} in ${stream.label} is invalid because it did not come from this shard.`,
    );
  }
  return shard.log.seekPosition(
    position,
    start.type === "AFTER_SEQUENCE_NUMBER",
  );
}
