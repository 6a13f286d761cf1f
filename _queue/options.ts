/**
 * The options of a consumer of a queue.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { DecodeError } from "../errors.ts";
import type { QueueHooks } from "../queue_hooks.ts";
import type { Processor } from "../processors/mod.ts";
import type { QueueClient } from "./queue_part.ts";

/**
 * What happens to a value that cannot be decoded.
 *
 * - `"return"`: its record is given back with a growing delay, and becomes a dead letter in the end
 * - `"skip"`: the value counts as processed
 * - `"fail"`: the stream fails with the {@linkcode DecodeError}, and the record is given back
 * - a function: called with the error. The value counts as processed when the promise that it
 *   returns has fulfilled. If it returns `"return"` or `"fail"`, that policy applies. Another text is
 *   a misspelled policy, with which the stream fails. If it throws, the stream fails with its error.
 *
 * In `record` of the error, `sequenceNumber` is the id of the record, and `shardId` names the queue.
 */
export type QueuePoisonPolicy =
  | "return"
  | "skip"
  | "fail"
  | ((error: DecodeError) => unknown);

/** Options of a {@linkcode QueueConsumer}. A queue and a processor are required. */
export interface QueueConsumerOptions<T> {
  /** The client that sends the requests. Default: `new KinesisClient()`. */
  client?: QueueClient;
  /** The ARN of the queue. */
  queueARN: string;
  /** Turns Kinesis records into values. */
  processor: Processor<T>;
  /**
   * How long a received record stays invisible to other receivers without an extension, in seconds:
   * 5 to 43 200. It is extended at half of this time while the application has the record. A short
   * time delivers the records of a dead consumer sooner, a long one outlasts pauses of the program
   * and costs fewer requests. The time in the settings of the queue has no effect.
   * @default {30}
   */
  visibilityTimeoutSeconds?: number;
  /**
   * How long a request waits for records, in seconds: 1 to 20, but at most half of
   * `visibilityTimeoutSeconds`. A long wait costs fewer requests while the queue is empty; records
   * arrive as soon with a short one. When the consumer is closed
   * while a request waits, records that it gives back are visible when the wait is over: the service
   * may send them in answer to that request otherwise.
   * @default {10}
   */
  waitTimeSeconds?: number;
  /**
   * Most receive requests at a time. It starts with one. While answers are full and the application
   * waits for values there are more; without records there is one.
   * @default {10}
   */
  maxPolls?: number;
  /**
   * Most records that are received and not settled. Records are received when the application has
   * taken the earlier ones, or will have in a tenth of a second at its pace: so most of them are in
   * its hands. A queue allows 120 000 for all of its consumers.
   * @default {1000}
   */
  maxInFlight?: number;
  /**
   * Most bytes of the data of these records, checked before each request. An answer may exceed it:
   * it has up to ten records.
   * @default {67_108_864}
   */
  maxInFlightBytes?: number;
  /**
   * A record that the application has not settled after this time is not extended any more, in
   * milliseconds. It is delivered again and may become a dead letter: an application that forgets
   * records does not hide them for ever. Set it above the time that one value may take. `Infinity`
   * extends without end.
   * @default {3_600_000}
   */
  maxHoldMs?: number;
  /**
   * What happens to a value that cannot be decoded, see {@linkcode QueuePoisonPolicy}.
   * @default {"return"}
   */
  onPoison?: QueuePoisonPolicy;
  /**
   * Ends the stream if no record has arrived for this long, in milliseconds, while the application
   * waits for one and has none. Ends with the next empty answer of the service, up to twice this
   * time or a second later: a record that the application works on, and a service that does not
   * answer, are not idle. Requests wait for at most this time, rounded up to seconds.
   * @default {Infinity}
   */
  idleTimeoutMs?: number;
  /**
   * How long {@linkcode QueueConsumer.close} waits for the values that the application has, in
   * milliseconds. What is not settled then is given back. The answers to acknowledgements are waited
   * for up to 10 seconds more.
   * @default {10_000}
   */
  closeTimeoutMs?: number;
  /**
   * Failures of receive requests in a row after which the stream fails. Each comes after the retries
   * of the client, and is followed by a pause of up to 10 seconds. An error that no retry can
   * change, such as a missing permission, fails the stream at once.
   * @default {10}
   */
  maxFailuresInARow?: number;
  /** Functions that are called when something happens, for logs and metrics. */
  hooks?: QueueHooks;
  /** Closes the consumer; the stream fails with the reason of the signal. */
  signal?: AbortSignal;
  /** Tells the time and sets timers. Default: the clock of the runtime. */
  clock?: Clock;
  /**
   * Spreads pauses: a number from 0 to below 1.
   * @default {Math.random}
   */
  random?: () => number;
}

/** Options of {@linkcode QueueConsumer.deadLetters}. */
export type DeadLetterOptions<T> = Partial<
  Omit<QueueConsumerOptions<T>, "client" | "queueARN">
>;
