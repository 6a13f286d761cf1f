/**
 * Resolves the options `streamName` and `streamARN` of a producer or consumer.
 *
 * @module
 */

/** The stream that the options name. */
export interface StreamChoice {
  /** The stream as a member of requests. */
  readonly target: { StreamName: string } | { StreamARN: string };
  /** The name or ARN that the user passed, for messages. */
  readonly stream: string;
  /** The name of the stream. */
  readonly streamName: string;
}

/** Partition and region are compared with those of the client when a request is sent. */
const STREAM_ARN = /^arn:[^:]+:kinesis:[^:]+:[^:]+:stream\/[^:/]+$/;

/**
 * Checks that exactly one of the two options is given. `what` is the start of error messages, for
 * example "Cannot create Producer".
 *
 * @throws {TypeError} if neither or both are given, or the given one is not a non-empty string,
 * or the ARN is not that of a stream
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
  if (streamARN !== undefined && !STREAM_ARN.test(stream)) {
    throw new TypeError(
      `${what} as 'streamARN' must be the ARN of a stream such as ` +
        "arn:aws:kinesis:us-east-1:123456789012:stream/name: " +
        `current value is ${JSON.stringify(stream)}`,
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
