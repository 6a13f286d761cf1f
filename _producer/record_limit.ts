/**
 * The largest record that the stream accepts. The service is asked only for a value that is larger
 * than the default of Kinesis.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import {
  DEFAULT_RECORD_BYTES,
  MAX_BATCH_BYTES,
  MAX_RECORD_BYTES,
} from "../_aws/limits.ts";
import { monotonicNow } from "../_core/clock.ts";
import { retry } from "../_core/retry.ts";
import { KinesisError } from "../errors.ts";
import { BACKOFF } from "./backoff.ts";
import type { ResolvedProducerOptions } from "./options.ts";

/**
 * The size up to which values share a record, in bytes: ten of the units of 25 KiB in which AWS
 * bills writes. A shard accepts a record of 1 MiB only if nothing was written to it for a second, so
 * a record of that size that arrives some milliseconds early is throttled.
 */
const PACKED_BYTES = 10 * 25 * 1024;

/** How long an answer is used, in milliseconds. The limit of the stream may be raised meanwhile. */
const ASK_AGAIN_MS = 60_000;

/** The part of the options that does not depend on the type of the values. */
type LimitOptions = Pick<
  ResolvedProducerOptions<never>,
  | "client"
  | "target"
  | "stream"
  | "clock"
  | "random"
  | "maxAttempts"
  | "maxRecordBytes"
>;

/** A limit and its source. */
export interface KnownLimit {
  /** The largest number of bytes, data and partition key. */
  readonly bytes: number;
  /** The source of the limit, for messages. */
  readonly source: string;
}

/** The largest record. */
export class RecordLimit {
  readonly #options: LimitOptions;
  readonly #signal: AbortSignal;
  #answer: { readonly limit: KnownLimit; readonly at: number } | undefined;

  /** Sends nothing yet. `signal` ends requests. */
  constructor(options: LimitOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** The size up to which values are packed into one record, in bytes. */
  get packedBytes(): number {
    return this.#options.maxRecordBytes ?? PACKED_BYTES;
  }

  /** The largest record that every stream accepts, as far as the service need not be asked. */
  get ofEveryStream(): KnownLimit {
    const { maxRecordBytes } = this.#options;
    return maxRecordBytes === undefined
      ? { bytes: DEFAULT_RECORD_BYTES, source: "the default of Kinesis" }
      : { bytes: maxRecordBytes, source: "the option 'maxRecordBytes'" };
  }

  /**
   * The largest record of the stream. Without the option `maxRecordBytes` the service is asked, as
   * often as a record is sent. If that fails, the result is the default of Kinesis.
   */
  async ofStream(): Promise<KnownLimit> {
    const { maxRecordBytes, clock } = this.#options;
    if (maxRecordBytes !== undefined) return this.ofEveryStream;
    if (this.#answer && monotonicNow(clock) - this.#answer.at < ASK_AGAIN_MS) {
      return this.#answer.limit;
    }
    const limit = await this.#ask();
    this.#answer = { limit, at: monotonicNow(clock) };
    return limit;
  }

  async #ask(): Promise<KnownLimit> {
    const { client, target, stream, clock, random, maxAttempts } =
      this.#options;
    const signal = this.#signal;
    const call = { signal, maxAttempts: 1 };
    let failure: unknown;
    try {
      const { StreamDescriptionSummary } = await retry(
        () => client.describeStreamSummary(target, call),
        {
          backoff: BACKOFF,
          maxFailures: maxAttempts,
          random,
          clock,
          signal,
          mayRetry(error) {
            failure = error;
            return error instanceof KinesisError && error.retryable;
          },
        },
      );
      const kib = StreamDescriptionSummary.MaxRecordSizeInKiB;
      return kib === undefined ? this.ofEveryStream : {
        bytes: Math.min(kib * 1024, MAX_RECORD_BYTES, MAX_BATCH_BYTES),
        source: `'MaxRecordSizeInKiB' of ${stream}`,
      };
    } catch (error) {
      // An option such as `random` has thrown.
      if (error !== failure && !signal.aborted) throw error;
      return {
        bytes: DEFAULT_RECORD_BYTES,
        source: `the default of Kinesis, since the stream could not be asked (${
          error instanceof KinesisError ? error.code : textOf(error)
        }): give 'maxRecordBytes' if it takes more`,
      };
    }
  }
}
