/**
 * Types that many requests and answers share. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
/** A request that may name a stream by its id. */
export interface StreamIdentified {
  /**
   * The id of the stream, in the form `[a-z0-9]{20}-[a-z0-9]{3}`. The service has reserved it for
   * the future, so leave it out. A request with it goes to a host of its own.
   */
  StreamId?: string;
}

/** A stream, by its name, its ARN or both. */
export interface StreamTarget extends StreamIdentified {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  StreamName?: string;
  /** The ARN. With it the request goes to the endpoint of the stream's account. */
  StreamARN?: string;
}

/** Whether records are encrypted at rest. */
export type EncryptionType = "NONE" | "KMS";

/** A range of hash keys, both ends inclusive, as decimal numbers of 0 to 2^128 - 1. */
export interface HashKeyRange {
  /** The first hash key. */
  StartingHashKey: string;
  /** The last hash key. */
  EndingHashKey: string;
}

/** A request that can be checked without being executed. */
export interface DryRunnable {
  /**
   * Whether the request is only checked. It then always fails: with `DryRunOperationException` if
   * it would have succeeded.
   */
  DryRun?: boolean;
}
