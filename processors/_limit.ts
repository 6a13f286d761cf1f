/**
 * Checks the size limits in options.
 *
 * @module
 */
import { DEFAULT_RECORD_BYTES, MAX_RECORD_BYTES } from "../_aws/limits.ts";
import type { Put } from "../records.ts";
import type { PackerOptions } from "./processor.ts";

/**
 * The option `maxRecordBytes` with its default: data and partition key, in bytes.
 *
 * @throws {RangeError} if it is not 1 to 10 485 760
 */
export function recordLimit<P extends Put<unknown>>(
  { maxRecordBytes = DEFAULT_RECORD_BYTES }: PackerOptions<P>,
): number {
  return boundedOption(
    "createPacker",
    "maxRecordBytes",
    maxRecordBytes,
    MAX_RECORD_BYTES,
  );
}

/**
 * Checks an option that is a count and returns it. `owner` and `name` are for the error message.
 *
 * @throws {RangeError} if it is not an integer from 1 to `max`
 */
export function boundedOption(
  owner: string,
  name: string,
  value: number,
  max: number,
): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new RangeError(
    `Cannot use ${owner} as '${name}' must be 1 to ${max}: current value is ${value}`,
  );
}
