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

/** Reads the two fields that an error has, out of whatever was parsed. */
export function errorBodyOf(parsed: unknown): ErrorBody {
  if (typeof parsed !== "object" || parsed === null) return {};
  const fields = parsed as Readonly<Record<string, unknown>>;
  return {
    type: textOrNothing(fields.__type),
    message: textOrNothing(fields.message ?? fields.Message),
  };
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
