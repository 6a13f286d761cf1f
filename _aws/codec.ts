/**
 * The interface of a wire protocol, implemented for JSON and for CBOR.
 *
 * @module
 */

/** The exception name and message of an error answer. */
export interface ErrorBody {
  /** The field `__type`, unchanged. It may have a prefix such as `com.amazonaws.kinesis#`. */
  readonly type?: string;
  /** The field `message` or `Message`. */
  readonly message?: string;
}

/** Encodes requests and decodes answers. */
export interface Codec {
  /** The `Content-Type` of a request. */
  readonly contentType: string;
  /** Encodes the request of an action: blobs are `Uint8Array`, times are `Date`. */
  encode(action: string, request: object): Uint8Array<ArrayBuffer>;
  /**
   * Decodes a successful answer. Fields that are `null` become absent. Throws if it is not an
   * answer. With `viewsRecords`, the codec may leave the data of records in the body, as
   * `RecordView`, which frees the body.
   */
  decode(
    action: string,
    body: Uint8Array<ArrayBuffer>,
    viewsRecords?: boolean,
  ): object;
  /** Decodes an error answer. Empty if it cannot be decoded. Never throws. */
  decodeError(body: Uint8Array<ArrayBuffer>): ErrorBody;
}

/** Reads the fields of an error answer from a parsed body of any type. */
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
