/**
 * Policies that give other accounts access to a stream, consumer or queue. The names are those of
 * the API. `Data` is a `Uint8Array`, and times are `Date`. A field that the service does not set is
 * absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { StreamIdentified } from "./common.ts";

/** Request of `GetResourcePolicy` and `DeleteResourcePolicy`. */
export interface ResourcePolicyRequest extends StreamIdentified {
  /** The ARN of a stream, consumer or queue. */
  ResourceARN: string;
}

/** Request of `PutResourcePolicy`. */
export interface PutResourcePolicyRequest extends ResourcePolicyRequest {
  /** The policy, as JSON text. */
  Policy: string;
}

/** Answer of `GetResourcePolicy`. */
export interface GetResourcePolicyResponse {
  /** The policy, as JSON text. */
  Policy: string;
}
