/**
 * The identity of a value: one text for its place in its stream.
 *
 * @module
 */
import { BasicCheck } from "./_core/basic_check.ts";

/** The place of a value in its stream. */
export interface ValuePosition {
  /** The shard. */
  readonly shardId: string;
  /** The sequence number of the Kinesis record. */
  readonly sequenceNumber: string;
  /** The index of the value in its record, from 0. A record with one value has the index 0. */
  readonly subSequenceNumber: number;
}

const check = /* @__PURE__ */ new BasicCheck("Cannot make a record id");
/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html */
const SEQUENCE_NUMBER = /^(0|[1-9]\d{0,128})$/;
/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Shard.html */
const SHARD_ID = /^[a-zA-Z0-9_.-]{1,128}$/;
/** Enough for 129 digits. */
const LENGTH_DIGITS = 3;
/** Enough for every index of an array in JavaScript. */
const INDEX_DIGITS = 10;

/**
 * The text that identifies a value in its stream for ever: the key for writes that may be repeated.
 * `record.id` is this text. Use the function where only the position is known, as in the event of
 * a Lambda function.
 *
 * ```text
 * shardId-000000000000-056-49590338271490256608559692538361571095921575989136588898-0000000003
 * shard                 │  sequence number                                          index, 10 digits
 *                       digits of the sequence number, 3 digits
 * ```
 *
 * This format is a promise:
 *
 * - Two values of a stream have different ids, and a value has the same id in every run, however
 *   it is read. The index of a value depends on the processor: a record that is read with another
 *   framing has other values.
 * - Ids of one shard sort in the order of the shard, by sequence number and then by index: as
 *   strings, as bytes, and in SQL with every collation that sorts digits. The number of digits is
 *   in front of the sequence number because sequence numbers differ in length: `"9"` comes before
 *   `"10"`.
 * - An id has letters, digits, `-`, and `_` and `.` if the shard id has them, so it needs no
 *   escaping in URLs, file names and keys. With the shard ids and sequence numbers of AWS it has
 *   92 characters.
 *
 * Ids of two streams may be equal: put the name or the ARN of the stream in front if they share a
 * table. The same holds for a stream that is deleted and created again. A value that its producer
 * has sent twice is stored twice, and has two ids.
 *
 * @throws {TypeError} if a part is not what Kinesis returns
 * @throws {RangeError} if `subSequenceNumber` is not an integer from 0 to 9 999 999 999
 *
 * @example
 * ```ts
 * import { recordId } from "@webstreams/kinesis";
 * import { assertEquals } from "@std/assert";
 *
 * const shardId = "shardId-000000000000";
 * const ids = ["999", "1000"].map((sequenceNumber) =>
 *   recordId({ shardId, sequenceNumber, subSequenceNumber: 0 })
 * );
 * assertEquals(ids, [
 *   "shardId-000000000000-003-999-0000000000",
 *   "shardId-000000000000-004-1000-0000000000",
 * ]);
 * assertEquals(ids, ids.toSorted());
 * ```
 */
export function recordId(position: ValuePosition): string {
  const { shardId, sequenceNumber, subSequenceNumber } = position;
  if (typeof shardId !== "string" || !SHARD_ID.test(shardId)) {
    const rule = "1 to 128 letters, digits, '_', '.' and '-'";
    throw new TypeError(check.message("shardId", rule, shardId));
  }
  if (
    typeof sequenceNumber !== "string" || !SEQUENCE_NUMBER.test(sequenceNumber)
  ) {
    const rule = "a text of 1 to 129 digits without leading zeros";
    throw new TypeError(check.message("sequenceNumber", rule, sequenceNumber));
  }
  if (
    !Number.isInteger(subSequenceNumber) || subSequenceNumber < 0 ||
    subSequenceNumber >= 10 ** INDEX_DIGITS
  ) {
    const rule = `an integer from 0 to ${10 ** INDEX_DIGITS - 1}`;
    throw new RangeError(
      check.message("subSequenceNumber", rule, subSequenceNumber),
    );
  }
  return uncheckedId(position);
}

/**
 * {@linkcode recordId} for a position that comes from Kinesis. The checks would be a twentieth of
 * the code of a Lambda function.
 */
export function uncheckedId(
  { shardId, sequenceNumber, subSequenceNumber }: ValuePosition,
): string {
  const length = String(sequenceNumber.length).padStart(LENGTH_DIGITS, "0");
  const index = String(subSequenceNumber).padStart(INDEX_DIGITS, "0");
  return `${shardId}-${length}-${sequenceNumber}-${index}`;
}
