/**
 * Continues reading at a position, and notices records after the position that have expired.
 *
 * @module
 */
import type {
  GetShardIteratorRequest,
  KinesisApiRecord,
} from "../../client/mod.ts";
import type { ShardPosition } from "../../records.ts";

/** The position at which a new iterator continues. */
export interface ResumePoint {
  /** The last record that was read or acknowledged, or the record to start at. */
  readonly after: Extract<
    ShardPosition,
    { type: "SEQUENCE" | "AT_SEQUENCE_NUMBER" }
  >;
  /** When the iterator was made, in milliseconds since the epoch, by the clock of the service. */
  readonly at: number;
}

/** The first records of a new iterator. */
export interface Resumed {
  /** The records that are not processed yet. */
  readonly records: KinesisApiRecord[];
  /** The first of these records, if records before it may have expired unread. */
  readonly oldest?: KinesisApiRecord;
}

/** Where an iterator or a subscription starts: members of a GetShardIterator request. */
export type IteratorStart = Pick<
  GetShardIteratorRequest,
  "ShardIteratorType" | "StartingSequenceNumber" | "Timestamp"
>;

/** The start behind a sequence number, which need not be that of a record. */
export function iteratorAfter(sequenceNumber: string): IteratorStart {
  return {
    ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
    StartingSequenceNumber: sequenceNumber,
  };
}

/** The start at a position. */
export function iteratorOf(position: ShardPosition): IteratorStart {
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
      // AT and not AFTER: if the answer begins with the last record, no record after it has
      // expired.
      return {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: position.sequenceNumber,
      };
  }
}

/**
 * Removes the record that was read before. The answer begins with it, or with the record to start
 * at, unless that has expired.
 *
 * Example: the last record was 100. An answer with 100, 101, 102 gives 101 and 102. An answer that
 * begins with 105 means that 100 has expired, and possibly records from 101 to 104 as well, unless
 * 105 arrived after the iterator was made.
 */
export function resume(
  { after, at }: ResumePoint,
  records: KinesisApiRecord[],
): Resumed {
  const [first, ...others] = records;
  if (!first) return { records };
  if (first.SequenceNumber === after.sequenceNumber) {
    // A position inside an aggregated record: its later values are not processed yet.
    const wasRead = after.type === "SEQUENCE" &&
      after.subSequenceNumber === undefined;
    return { records: wasRead ? others : records };
  }
  const arrival = first.ApproximateArrivalTimestamp?.getTime();
  // A record that arrived after the iterator was made does not show whether older ones expired.
  return arrival !== undefined && arrival >= at
    ? { records }
    : { records, oldest: first };
}
