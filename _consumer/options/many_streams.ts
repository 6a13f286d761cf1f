/**
 * The options of a consumer that reads several streams.
 *
 * @module
 */
import type { ConsumerOptions } from "./options.ts";

/**
 * One stream of a {@linkcode Consumer} that reads several: the options of
 * {@linkcode ConsumerOptions} that concern a single stream. An option that is missing is taken from
 * the options of the consumer.
 */
export type ConsumedStream<T> = Partial<
  Omit<
    ConsumerOptions<T>,
    | "workerId"
    | "limit"
    | "idleTimeoutMs"
    | "prefetch"
    | "maxUnacknowledged"
    | "pollIntervalMs"
    | "maxPollIntervalMs"
    | "signal"
    | "clock"
    | "random"
  >
>;

/**
 * Options of a {@linkcode Consumer} that reads several streams as one. `prefetch`,
 * `maxUnacknowledged`, `limit`, `idleTimeoutMs` and the poll intervals hold for all streams
 * together, and so do `workerId`, `signal`, `clock` and `random`. All other options hold for each
 * stream that does not give its own.
 */
export interface ManyStreamsOptions<T>
  extends Partial<Omit<ConsumerOptions<T>, "streamName" | "streamARN">> {
  /**
   * The streams, one or more. Two streams of the same name, in two regions or accounts, must both
   * be given by ARN.
   */
  streams: readonly ConsumedStream<T>[];
}
