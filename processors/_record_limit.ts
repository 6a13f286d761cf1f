/**
 * The option `maxRecordBytes` of packers.
 *
 * @module
 */
import { DEFAULT_RECORD_BYTES, MAX_RECORD_BYTES } from "../_aws/limits.ts";
import { BasicCheck } from "../_core/basic_check.ts";
import type { Put } from "../records.ts";
import type { PackerOptions } from "./processor.ts";

/**
 * The option `maxRecordBytes` with its default: data and partition key, in bytes.
 *
 * @throws {RangeError} if it is not 1 to 10 485 760
 */
export function recordLimit<P extends Put<unknown>>(
  { maxRecordBytes }: PackerOptions<P>,
): number {
  return new BasicCheck("Cannot create packer").number(
    "maxRecordBytes",
    maxRecordBytes,
    {
      default: DEFAULT_RECORD_BYTES,
      least: 1,
      most: MAX_RECORD_BYTES,
      integer: true,
    },
  );
}
