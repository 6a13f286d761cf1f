/**
 * What many requests and answers share. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
/** A stream, by name or by ARN: at least one of them. */
export interface StreamTarget {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`. */
  StreamName?: string;
  /** The ARN. With it the request goes to the endpoint of the stream's account. */
  StreamARN?: string;
}

/** Whether records are encrypted where they are stored. */
export type EncryptionType = "NONE" | "KMS";

/** A range of hash keys, both ends inclusive, as decimal numbers of 0 to 2^128 - 1. */
export interface HashKeyRange {
  /** The first one. */
  StartingHashKey: string;
  /** The last one. */
  EndingHashKey: string;
}

/** A request that can be tried out: checked like any other, and not carried out. */
export interface DryRunnable {
  /** Whether it is only tried out: it then always fails, with `DryRunOperationException` where it would have succeeded. */
  DryRun?: boolean;
}
