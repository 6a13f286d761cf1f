/**
 * What a wire protocol has to do; JSON and CBOR each do it in a file of their own.
 *
 * @module
 */

/** The kind and text of an error answer. */
export interface ErrorBody {
  /** The `__type`, as it came. */
  readonly type?: string;
  /** The `message` or `Message`. */
  readonly message?: string;
}

/** Requests to bytes, and bytes to answers. */
export interface Codec {
  /** The `Content-Type` of a request. */
  readonly contentType: string;
  /** Encodes the request of an action: blobs are `Uint8Array`, times are `Date`. */
  encode(action: string, request: object): Uint8Array<ArrayBuffer>;
  /** Decodes a successful answer; unset fields are absent, never `null`. Throws on anything that is not an answer. */
  decode(action: string, body: Uint8Array<ArrayBuffer>): object;
  /** Reads an error answer; empty if there is nothing to read in it. Never throws. */
  decodeError(body: Uint8Array<ArrayBuffer>): ErrorBody;
}
