/**
 * What distinguishes one AWS service from another, for the code that works with all of them.
 *
 * @module
 */
import type { Codec } from "../_aws/codec.ts";

/** An AWS service that is called with signed POST requests. */
export interface Service {
  /** The name of the service in messages, for example `Kinesis`. */
  readonly name: string;
  /** The class that takes the options of the requests, for messages. */
  readonly owner: string;
  /** The name that requests are signed for. */
  readonly signingName: string;
  /** The part of the header `X-Amz-Target` before the action. */
  readonly targetPrefix: string;
  /**
   * The name of the service in settings: the variable `AWS_ENDPOINT_URL_<name>`, and in lower case
   * the `services` section of a profile.
   */
  readonly settingsName: string;
  /** The codec of an answer, from its content type and the codec of the request. */
  codecOf(contentType: string | null, requested: Codec): Codec;
  /**
   * Most bytes of an answer that are read.
   * @default {MAX_RESPONSE_BYTES for each action}
   */
  maxResponseBytes?(action: string): number;
  /** What to do about an error with this code. `undefined` if there is no advice. */
  hintFor(code: string, action: string): string | undefined;
}
