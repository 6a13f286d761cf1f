/**
 * The size limit of a packer, checked once.
 *
 * @module
 */
import type { Put } from "../records.ts";
import { DEFAULT_MAX_RECORD_BYTES, LARGEST_RECORD_BYTES } from "./limits.ts";
import type { PackerOptions } from "./processor.ts";

/**
 * The limit of a packer in bytes, the partition key included.
 *
 * @throws {RangeError} if it is not 1 to 10 485 760
 */
export function recordLimit<P extends Put<unknown>>(
  { maxRecordBytes = DEFAULT_MAX_RECORD_BYTES }: PackerOptions<P>,
): number {
  return boundedOption(
    "createPacker",
    "maxRecordBytes",
    maxRecordBytes,
    LARGEST_RECORD_BYTES,
  );
}

/**
 * An option that counts something.
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
