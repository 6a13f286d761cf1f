/**
 * Which stream the two options of a producer or consumer mean.
 *
 * @module
 */

/** A stream in the API's shape, and in words. */
export interface StreamChoice {
  /** For requests. */
  readonly target: { StreamName: string } | { StreamARN: string };
  /** The stream as the user named it. */
  readonly stream: string;
  /** The name of the stream. */
  readonly streamName: string;
}

/**
 * Checks that one of the two is given. `what` starts the message, as in "Cannot create Producer".
 *
 * @throws {TypeError} if none or both are given, or the one is no text or empty
 */
export function chooseStream(
  what: string,
  { streamName, streamARN }: { streamName?: string; streamARN?: string },
): StreamChoice {
  if ((streamName === undefined) === (streamARN === undefined)) {
    throw new TypeError(
      `${what} as exactly one of 'streamName' and 'streamARN' must be given`,
    );
  }
  const stream = streamName ?? streamARN;
  if (typeof stream !== "string" || stream === "") {
    throw new TypeError(
      `${what} as 'streamName' or 'streamARN' must be a text that is not empty`,
    );
  }
  return streamARN === undefined
    ? { target: { StreamName: stream }, stream, streamName: stream }
    : {
      target: { StreamARN: stream },
      stream,
      streamName: stream.slice(stream.lastIndexOf("/") + 1),
    };
}
