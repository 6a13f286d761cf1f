/**
 * Parameter and result types of `simulate`.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { HandlerContext, ProcessOptions } from "../consumer.ts";
import type { ConsumerRecord } from "../records.ts";

/** The facts about one call of a simulated handler, and the world around it. */
export interface SimulatedContext extends HandlerContext {
  /**
   * The clock of the worker. Pauses of the handler must use it: in a worker that crashes, they never
   * end.
   */
  readonly clock: Clock;
  /**
   * Calls the fake of another system, such as a database in memory, as over a network: the call and
   * its answer take virtual time. In a worker that crashes, the call may still take effect, and its
   * answer never arrives. It rejects if the simulation lets it fail: before it takes effect, or
   * after that, so that only the answer is lost.
   */
  io<R>(call: () => R | PromiseLike<R>): Promise<R>;
}

/** A handler that is simulated. */
export type SimulatedHandler<T> = (
  record: ConsumerRecord<T>,
  context: SimulatedContext,
) => unknown;

/** Options of `simulate`. */
export interface SimulateOptions<T> {
  /**
   * Chooses what happens. The same seed gives the same run.
   * @default {1}
   */
  seed?: number;
  /**
   * The values that are written, as JSON.
   * @default {the numbers 0 to 99}
   */
  values?: readonly T[];
  /**
   * The partition key of a value. Values of one key are processed in the order of `values`, unless
   * `ordering` is `"none"`.
   * @default {one of 8 keys in turn}
   */
  partitionKey?: (value: T) => string;
  /** The options of `Consumer.process`. */
  process?: Pick<
    ProcessOptions<T>,
    "concurrency" | "ordering" | "retry" | "timeoutMs" | "graceMs"
  >;
  /**
   * The number of workers at the same time, 1 to 8.
   * @default {3}
   */
  workers?: number;
  /**
   * Called when all values are processed and all workers are stopped. It throws if the effects of the
   * handler are wrong.
   */
  check?: () => unknown;
}

/** What has happened in a simulation. */
export interface SimulationReport {
  /** The seed. */
  readonly seed: number;
  /** Calls of the handler. */
  readonly calls: number;
  /** Values that the handler got more than once. */
  readonly repeated: number;
  /** Workers that crashed. */
  readonly crashes: number;
  /** Workers that stood still, and went on when another worker had their shards. */
  readonly freezes: number;
  /** Shards that were split or merged. */
  readonly reshards: number;
  /** The virtual time that has passed, in milliseconds. */
  readonly virtualMs: number;
}
