/**
 * The options `streamName` and `streamARN` of a producer or consumer.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";

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
 * Resolves the options `streamName` and `streamARN`, of which exactly one must be given.
 *
 * @throws {TypeError} if neither or both are given, or the given one is not a non-empty string,
 * or the ARN is not that of a stream
 */
export function chooseStream(
  check: OptionCheck,
  options: { streamName?: string; streamARN?: string },
): StreamChoice {
  const streamName = check.text("streamName", options.streamName);
  const streamARN = check.text("streamARN", options.streamARN);
  if (streamName !== undefined && streamARN === undefined) {
    return {
      target: { StreamName: streamName },
      stream: streamName,
      streamName,
    };
  }
  if (streamName !== undefined || streamARN === undefined) {
    throw new TypeError(
      check.refusal(
        "exactly one of 'streamName' and 'streamARN' must be given",
      ),
    );
  }
  if (!STREAM_ARN.test(streamARN)) {
    const rule = "the ARN of a stream such as " +
      "arn:aws:kinesis:us-east-1:123456789012:stream/name";
    throw new TypeError(check.message("streamARN", rule, streamARN));
  }
  return {
    target: { StreamARN: streamARN },
    stream: streamARN,
    streamName: streamARN.slice(streamARN.lastIndexOf("/") + 1),
  };
}

/**
 * The stream of an option or argument that takes either its name or its ARN.
 *
 * @throws {TypeError} if it is neither
 */
export function streamOf(
  check: OptionCheck,
  name: string,
  stream: unknown,
): StreamChoice {
  if (typeof stream !== "string" || stream === "") {
    const rule = "the name or the ARN of a stream";
    throw new TypeError(check.message(name, rule, stream));
  }
  return chooseStream(
    check,
    stream.startsWith("arn:") ? { streamARN: stream } : { streamName: stream },
  );
}
