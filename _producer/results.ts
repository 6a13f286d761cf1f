/**
 * What the methods of a producer return.
 *
 * @module
 */
import type { FailedValue } from "../records.ts";

/** The counts of a producer. */
export interface ProducerStats {
  /** Values that are accepted and not settled. */
  bufferedValues: number;
  /**
   * Bytes of packed records that are not settled, and of values in the packer if the processor
   * counts them.
   */
  bufferedBytes: number;
  /** Requests under way. */
  inFlight: number;
  /** Values that Kinesis acknowledged since the start. */
  delivered: number;
  /** Values that were given up since the start. */
  failed: number;
  /** Requests that were sent since the start. */
  requests: number;
  /** Kinesis records that were sent again since the start. A record counts each time. */
  retried: number;
  /** Kinesis records that a throughput limit refused since the start. A record counts each time. */
  throttled: number;
}

/** The result of a flush. */
export interface FlushResult<T> {
  /** Values that Kinesis acknowledged during the flush. */
  delivered: number;
  /**
   * Values that were given up during the flush, and earlier values of a `put` whose promise no
   * caller awaits.
   */
  failed: FailedValue<T>[];
}

/** The result of a `putAll`. */
export interface PutAllResult {
  /** Values that Kinesis acknowledged: all values of the call. */
  delivered: number;
}
