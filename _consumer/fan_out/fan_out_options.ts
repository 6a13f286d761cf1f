/**
 * The option `fanOut` of a consumer.
 *
 * @module
 */
import type { StreamChoice } from "../../_aws/stream_choice.ts";
import type { OptionCheck } from "../../_core/option_check.ts";
import type { KinesisClient } from "../../client/mod.ts";

/** The methods of a client that enhanced fan-out needs. */
export type FanOutClient = Pick<
  KinesisClient,
  | "describeStreamConsumer"
  | "describeStreamSummary"
  | "registerStreamConsumer"
  | "subscribeToShard"
>;

/**
 * Enhanced fan-out: which registered consumer the shards are read through. Give either
 * `consumerName` or `consumerARN`.
 */
export interface FanOutOptions {
  /**
   * The name of the consumer, 1 to 128 characters of `a-zA-Z0-9_.-`, unique in the stream. All
   * workers of an application give the same name, other applications another one. A consumer that
   * does not exist is registered; AWS bills each registered consumer by shard and hour.
   *
   * It is never deregistered by a {@linkcode Consumer}, because other workers may use it: call
   * {@linkcode KinesisClient.deregisterStreamConsumer} when the application is given up.
   */
  consumerName?: string;
  /** The ARN of a consumer that is registered. */
  consumerARN?: string;
  /**
   * `"polling"` reads with GetRecords if there is no consumer to read through: the server does not
   * know enhanced fan-out, or the stream has all the consumers that it may have. The hook
   * `onReadError` gets the reason. Default: the stream fails.
   */
  fallback?: "polling";
}

/** The checked option. */
export type FanOutSettings =
  & { readonly fallback: "polling" | undefined }
  & (
    | { readonly consumerName: string; readonly consumerARN?: undefined }
    | { readonly consumerARN: string; readonly consumerName?: undefined }
  );

/** The shortest `stallTimeoutMs`: longer than the silence after which a connection is given up. */
const LEAST_STALL_MS = 10_000;
const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
/** The ARN of a consumer. Its first part is the ARN of the stream, the second its name. */
const ARN =
  /^(arn:[^:]+:kinesis:[^:]+:[^:]+:stream\/([^:/]+))\/consumer\/[^/]+$/;

/**
 * Checks the option `fanOut`.
 *
 * @throws {TypeError} if neither or both names are given, one is malformed, or the ARN is that of a
 * consumer of another stream
 */
export function checkFanOut(
  check: OptionCheck,
  fanOut: FanOutOptions | undefined,
  stream: StreamChoice,
): FanOutSettings | undefined {
  if (fanOut === undefined) return undefined;
  check.object("fanOut", fanOut, ["consumerName", "consumerARN", "fallback"]);
  const { consumerName, consumerARN } = fanOut;
  const fallback = check.choice(
    "fanOut.fallback",
    fanOut.fallback,
    ["polling"],
    undefined,
  );
  if ((consumerName === undefined) === (consumerARN === undefined)) {
    const rule = "an object with exactly one of consumerName and consumerARN";
    throw new TypeError(check.message("fanOut", rule, fanOut));
  }
  if (consumerName !== undefined) {
    if (typeof consumerName === "string" && NAME.test(consumerName)) {
      return { consumerName, fallback };
    }
    const rule = "1 to 128 characters of a-z, A-Z, 0-9, '_', '.' and '-'";
    throw new TypeError(
      check.message("fanOut.consumerName", rule, consumerName),
    );
  }
  return { consumerARN: checkArn(check, consumerARN!, stream), fallback };
}

/**
 * Checks that a subscription without records is not taken for a stalled one.
 *
 * @throws {RangeError} if `stallTimeoutMs` is shorter than the silence that is allowed
 */
export function checkFanOutStall(
  check: OptionCheck,
  stallTimeoutMs: number | undefined,
): void {
  if (stallTimeoutMs === undefined || !(stallTimeoutMs < LEAST_STALL_MS)) {
    return;
  }
  const rule = `${LEAST_STALL_MS} or more with 'fanOut', because an idle ` +
    "shard has an event every 5 seconds";
  throw new RangeError(check.message("stallTimeoutMs", rule, stallTimeoutMs));
}

/** Checks that a client has the methods that enhanced fan-out needs. */
export function checkFanOutClient(
  check: OptionCheck,
  client: object | undefined,
  { consumerARN }: FanOutSettings,
): void {
  const toRegister = ["describeStreamSummary", "registerStreamConsumer"];
  check.methods(
    "client",
    client,
    "subscribeToShard",
    "describeStreamConsumer",
    ...consumerARN === undefined ? toRegister : [],
  );
}

function checkArn(
  check: OptionCheck,
  consumerARN: string,
  { target, streamName }: StreamChoice,
): string {
  const found = typeof consumerARN === "string" && ARN.exec(consumerARN);
  const name = "fanOut.consumerARN";
  if (!found) {
    const rule = "the ARN of a consumer such as " +
      "arn:aws:kinesis:us-east-1:123456789012:stream/name/consumer/app:1";
    throw new TypeError(check.message(name, rule, consumerARN));
  }
  const [, ofStream, nameOfStream] = found;
  const isSame = "StreamARN" in target
    ? target.StreamARN === ofStream
    : streamName === nameOfStream;
  if (isSame) return consumerARN;
  const rule = `a consumer of the stream ${streamName}`;
  throw new TypeError(check.message(name, rule, consumerARN));
}
