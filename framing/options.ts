/**
 * The options of the decoder streams.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";

/** Options of the decoder streams. */
export interface FrameStreamOptions {
  /**
   * The most bytes of one frame: 1 to 2 147 483 647. A longer frame errors the stream. Higher
   * accepts longer frames; lower bounds the memory that a stream without delimiters can take.
   * @default {10_485_760}
   */
  maxFrameBytes?: number;
}

/**
 * The option `maxFrameBytes` with its default. `owner` is the name of the stream, for messages.
 *
 * @throws {RangeError} if it is out of range
 */
export function frameLimit(
  owner: string,
  { maxFrameBytes }: FrameStreamOptions,
): number {
  return new OptionCheck(`Cannot create ${owner}`).number(
    "maxFrameBytes",
    maxFrameBytes,
    { default: 10_485_760, least: 1, most: 2 ** 31 - 1, integer: true },
  );
}

/** The error for a frame that is too long. */
export function frameTooLong(what: string, limit: number): RangeError {
  return new RangeError(`Cannot decode ${what} of more than ${limit} bytes`);
}
