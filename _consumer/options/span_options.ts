/**
 * The options that say where reading starts and ends: `from` and `until`.
 *
 * @module
 */
import type { OptionCheck } from "../../_core/option_check.ts";
import type { ShardPosition, StartPosition } from "../../records.ts";
import type { ConsumerOptions } from "./options.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
const SHARD_ID = /^[\w.-]{1,128}$/;
const POSITION_TYPES: readonly ShardPosition["type"][] = [
  "TRIM_HORIZON",
  "LATEST",
  "AT_TIMESTAMP",
  "SEQUENCE",
  "AT_SEQUENCE_NUMBER",
];

/**
 * Checks where reading ends.
 *
 * @throws {TypeError} if it is not one of the forms
 * @throws {RangeError} if it is not later than the start
 */
export function checkUntil(
  check: OptionCheck,
  { from, until }: Pick<ConsumerOptions<unknown>, "from" | "until">,
): "caught-up" | Date | undefined {
  if (until === undefined || until === "caught-up") return until;
  if (!isValidDate(until)) {
    const shown = (until as unknown) instanceof Date ? String(until) : until;
    throw new TypeError(
      check.message("until", '"caught-up" or a valid Date', shown),
    );
  }
  if (isValidDate(from) && until <= from) {
    const rule = `later than 'from', which is ${from.toISOString()}`;
    throw new RangeError(check.message("until", rule, until));
  }
  // The caller may change the date later.
  return new Date(until);
}

/**
 * Checks where reading starts.
 *
 * @throws {TypeError} if it is not one of the forms, or a position is malformed
 */
export function checkFrom(
  check: OptionCheck,
  from: StartPosition = "TRIM_HORIZON",
): StartPosition {
  if (from === "TRIM_HORIZON" || from === "LATEST") return from;
  // The caller may change the date later.
  if (isValidDate(from)) return new Date(from);
  if (Object.prototype.toString.call(from) !== "[object Object]") {
    const rule =
      '"TRIM_HORIZON", "LATEST", a valid Date or an object of positions by shard id';
    const shown = from instanceof Date ? String(from) : from;
    throw new TypeError(check.message("from", rule, shown));
  }
  for (const [shardId, position] of Object.entries(from)) {
    if (!SHARD_ID.test(shardId)) {
      throw new TypeError(
        check.message("from", "an object of positions by shard id", shardId),
      );
    }
    const problem = problemOf(position);
    if (!problem) continue;
    const [field, rule, value] = problem;
    const name = `from["${shardId}"]${field}`;
    throw new TypeError(check.message(name, rule, value));
  }
  return from;
}

/** The field of a position that is wrong, with what is allowed and its current value. */
function problemOf(
  position: ShardPosition,
): [field: string, rule: string, value: unknown] | undefined {
  switch (position?.type) {
    case "TRIM_HORIZON":
    case "LATEST":
      return undefined;
    case "AT_TIMESTAMP": {
      const { timestamp } = position;
      if (isValidDate(timestamp)) return undefined;
      // JSON shows an invalid Date as null.
      const shown = (timestamp as unknown) instanceof Date
        ? String(timestamp)
        : timestamp;
      return [".timestamp", "a valid Date", shown];
    }
    case "SEQUENCE":
    case "AT_SEQUENCE_NUMBER": {
      const { sequenceNumber } = position;
      if (typeof sequenceNumber !== "string" || !/^\d+$/.test(sequenceNumber)) {
        return [".sequenceNumber", "a text of decimal digits", sequenceNumber];
      }
      if (position.type === "AT_SEQUENCE_NUMBER") return undefined;
      const { subSequenceNumber: index = 0 } = position;
      if (Number.isInteger(index) && index >= 0) return undefined;
      return [".subSequenceNumber", "an integer 0 or more", index];
    }
    default:
      return [
        "",
        `a position with one of the types ${POSITION_TYPES.join(", ")}`,
        position,
      ];
  }
}

function isValidDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
