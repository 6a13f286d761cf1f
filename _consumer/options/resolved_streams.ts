/**
 * The options of a consumer of several streams.
 *
 * @module
 */
import type { StreamChoice } from "../../_aws/stream_choice.ts";
import { OptionCheck } from "../../_core/option_check.ts";
import { KinesisClient } from "../../client/mod.ts";
import type { ConsumedStream, ManyStreamsOptions } from "./many_streams.ts";
import type { ConsumerOptions } from "./options.ts";
import {
  CONSUMER_CHECK,
  resolveConsumerOptions,
  type ResolvedConsumerOptions,
} from "./resolved_options.ts";

/** The options of a consumer of one stream or of several. */
export type AnyOptions<T> = ConsumerOptions<T> | ManyStreamsOptions<T>;

/** Words the errors about options of a stream that is added later. */
const ADD_CHECK = new OptionCheck("Cannot add a stream");
/** The options that are common to all streams. */
const COMMON: Record<
  Exclude<keyof ConsumerOptions<unknown>, keyof ConsumedStream<unknown>>,
  true
> = {
  workerId: true,
  limit: true,
  idleTimeoutMs: true,
  prefetch: true,
  maxUnacknowledged: true,
  pollIntervalMs: true,
  maxPollIntervalMs: true,
  signal: true,
  clock: true,
  random: true,
};

/** Checks the options, and resolves them for each stream. Further streams can be resolved later. */
export class StreamOptions<T> {
  /** The options of the streams that were given at first. */
  readonly resolved: readonly ResolvedConsumerOptions<T>[];
  /** The options that all streams share. */
  readonly #shared: ManyStreamsOptions<T>;

  /**
   * Checks the options.
   *
   * @throws {TypeError} if a stream, a processor or a choice is missing or malformed
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: AnyOptions<T>) {
    CONSUMER_CHECK.object("options", options ?? null);
    const { streamName: _, streamARN: _arn, ...given } = options as
      & ConsumerOptions<T>
      & ManyStreamsOptions<T>;
    // One name for the leases of all streams.
    const { streams, workerId = crypto.randomUUID() } = given;
    this.#shared = { ...given, workerId };
    const { streamName, streamARN } = options as ConsumerOptions<T>;
    if (streams === undefined) {
      const { streams: _, ...shared } = this.#shared;
      const one = { ...shared, streamName, streamARN };
      this.resolved = [resolveConsumerOptions(one as ConsumerOptions<T>)];
      return;
    }
    if (!Array.isArray(streams) || streams.length === 0) {
      throw new TypeError(
        CONSUMER_CHECK.refusal(
          "'streams' must be an array of one stream or more",
        ),
      );
    }
    if (streamName !== undefined || streamARN !== undefined) {
      throw new TypeError(
        CONSUMER_CHECK.refusal(
          "'streams' replaces 'streamName' and 'streamARN': give them in 'streams'",
        ),
      );
    }
    const isMissing = streams.some((stream) => stream?.client === undefined);
    if (given.client === undefined && isMissing) {
      this.#shared.client = new KinesisClient();
    }
    this.resolved = streams.map((stream, i) => {
      const name = `streams[${i}]`;
      CONSUMER_CHECK.object(name, stream ?? null);
      return this.#resolve(
        stream,
        new OptionCheck(`Cannot create Consumer of ${name}`),
      );
    });
    this.#checkDifferent();
  }

  /**
   * The options of a further stream.
   *
   * @throws {TypeError} if the stream, the processor or a choice is missing or malformed
   * @throws {RangeError} if a number is out of its range
   */
  resolve(stream: ConsumedStream<T>): ResolvedConsumerOptions<T> {
    ADD_CHECK.object("stream", stream ?? null);
    return this.#resolve(stream, ADD_CHECK);
  }

  #resolve(
    stream: ConsumedStream<T>,
    check: OptionCheck,
  ): ResolvedConsumerOptions<T> {
    // As everywhere, an option that is undefined is not given.
    const given = Object.fromEntries(
      Object.entries(stream).filter(([, value]) => value !== undefined),
    );
    const common = Object.keys(COMMON).find((option) => option in given);
    if (common) {
      throw new TypeError(
        check.refusal(
          `'${common}' is common to all streams: give it beside 'streams'`,
        ),
      );
    }
    const { streams: _, ...shared } = this.#shared;
    return resolveConsumerOptions(
      { ...shared, ...given } as ConsumerOptions<T>,
      check,
    );
  }

  #checkDifferent(): void {
    for (const [i, stream] of this.resolved.entries()) {
      const before = this.resolved.slice(0, i).findIndex((other) =>
        areAlike(other, stream)
      );
      if (before < 0) continue;
      throw new TypeError(
        CONSUMER_CHECK.refusal(
          `streams[${before}] and streams[${i}] have the same name. ` +
            "If they are of two regions or accounts, give 'streamARN' for both",
        ),
      );
    }
  }
}

/**
 * Whether two streams cannot be distinguished: records and leases name their stream as the user
 * did, and a name may mean the same stream as an ARN.
 */
export function areAlike(first: StreamChoice, second: StreamChoice): boolean {
  if (first.streamName !== second.streamName) return false;
  const areByARN = "StreamARN" in first.target && "StreamARN" in second.target;
  return !areByARN || first.stream === second.stream;
}
