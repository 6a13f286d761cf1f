/**
 * Going on at a position, and noticing that what came behind it has expired.
 *
 * @module
 */
import type {
  GetShardIteratorRequest,
  KinesisApiRecord,
} from "../client/mod.ts";
import type { ShardPosition } from "../records.ts";

/** Where a new iterator goes on whose first record has not come. */
export interface ResumePoint {
  /** The last record that was read, or acknowledged. */
  readonly after: Extract<ShardPosition, { type: "SEQUENCE" }>;
  /** When the iterator was made, by the clock of the service, in milliseconds since the epoch. */
  readonly at: number;
}

/** The first records of an iterator. */
export interface Resumed {
  /** Those that are still to be read. */
  readonly records: KinesisApiRecord[];
  /** The first one that is left, if records before it may have expired unread. */
  readonly oldest?: KinesisApiRecord;
}

/** What GetShardIterator is asked for. */
export function iteratorOf(
  position: ShardPosition,
): Omit<GetShardIteratorRequest, "ShardId"> {
  switch (position.type) {
    case "TRIM_HORIZON":
    case "LATEST":
      return { ShardIteratorType: position.type };
    case "AT_TIMESTAMP":
      return {
        ShardIteratorType: "AT_TIMESTAMP",
        Timestamp: position.timestamp,
      };
    case "AT_SEQUENCE_NUMBER":
    case "SEQUENCE":
      // At the last record and not behind it: if that is there, nothing behind it has expired.
      return {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
  }
}

/**
 * Leaves out the record that was read before, with which the iterator begins unless that has
 * expired.
 */
export function resume(
  { after, at }: ResumePoint,
  records: KinesisApiRecord[],
): Resumed {
  const [first, ...others] = records;
  if (!first) return { records };
  if (first.SequenceNumber === after.sequenceNumber) {
    // Inside an aggregated record: its later values are still to come.
    const isWhole = after.subSequenceNumber === undefined;
    return { records: isWhole ? others : records };
  }
  const arrival = first.ApproximateArrivalTimestamp?.getTime();
  // A record that has only come now says nothing about what was there.
  return arrival !== undefined && arrival >= at
    ? { records }
    : { records, oldest: first };
}
