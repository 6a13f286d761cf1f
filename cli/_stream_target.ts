/**
 * The stream that an argument names.
 *
 * @module
 */

/** A stream by its name or ARN, in the shape of the API. */
export type StreamTarget =
  | { readonly StreamARN: string; readonly StreamName?: undefined }
  | { readonly StreamName: string; readonly StreamARN?: undefined };

/** Reads an argument: an ARN or a name. */
export function streamTargetOf(stream: string): StreamTarget {
  return stream.startsWith("arn:")
    ? { StreamARN: stream }
    : { StreamName: stream };
}
