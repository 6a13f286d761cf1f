/**
 * Policies that let other accounts use a stream or a consumer. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
/** Request of `GetResourcePolicy` and `DeleteResourcePolicy`. */
export interface ResourcePolicyRequest {
  /** The ARN of a stream or a consumer. */
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
