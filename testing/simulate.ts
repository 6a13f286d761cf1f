/**
 * A simulation for the handlers of an application.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { HandlerContext, ProcessOptions } from "../consumer.ts";
import type { ConsumerRecord } from "../records.ts";
import { HandlerWorld } from "./_simulation/handler_world.ts";

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

/** Options of {@linkcode simulate}. */
export interface SimulateOptions<T> {
  /** Chooses what happens. The same seed gives the same run. @default {1} */
  seed?: number;
  /** The values that are written, as JSON. @default {the numbers 0 to 99} */
  values?: readonly T[];
  /**
   * The partition key of a value. Values of one key are processed in the order of `values`, unless
   * `ordering` is `"none"`. @default {one of 8 keys in turn}
   */
  partitionKey?: (value: T) => string;
  /** The options of `Consumer.process`. */
  process?: Pick<
    ProcessOptions<T>,
    "concurrency" | "ordering" | "retry" | "timeoutMs" | "graceMs"
  >;
  /** The number of workers at the same time, 1 to 8. @default {3} */
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

const check = new OptionCheck("Cannot simulate");
const OPTIONS: Record<keyof SimulateOptions<never>, true> = {
  seed: true,
  values: true,
  partitionKey: true,
  process: true,
  workers: true,
  check: true,
};

/**
 * Runs a handler of `Consumer.process` in a small world of its own, in virtual time: a stream that
 * is split and merged, workers that crash, stand still and start again, a store and a network that
 * lose answers. So the handler gets values again, in the middle of a call or after it. If `check`
 * throws, the handler is not safe under that.
 *
 * Use what the context offers: `io` for calls of other systems, which must be fakes in memory, and
 * `clock` for pauses. Then nothing depends on the machine, and the same seed gives the same run.
 * Keep in the variables of your test only what survives a crash of a process, such as the content
 * of a database.
 *
 * @example A handler that counts values twice is found, and one that knows their ids is not
 * ```ts
 * import { simulate } from "@webstreams/kinesis/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * async function run(seed: number, isSafe: boolean) {
 *   const database = { sum: 0, ids: new Set<string>() };
 *   await simulate<number>(async ({ id, value }, { io }) => {
 *     await io(() => {
 *       if (isSafe && database.ids.has(id)) return;
 *       database.ids.add(id);
 *       database.sum += value;
 *     });
 *   }, { seed, check: () => assertEquals(database.sum, 4950) });
 * }
 * for (let seed = 1; seed <= 10; seed++) await run(seed, true);
 * await assertRejects(() => run(2, false), Error, "seed 2");
 * ```
 *
 * @throws {KinesisError} `SimulationFailed` if `check` throws, or if a value is not processed within
 * 10 minutes of virtual time after the last crash. The message names the seed
 * @throws {TypeError} if an option is of the wrong type
 * @throws {RangeError} if a number is out of its range
 */
export async function simulate<T = number>(
  handler: SimulatedHandler<T>,
  options: SimulateOptions<T> = {},
): Promise<SimulationReport> {
  check.type("handler", handler, "function");
  check.object("options", options, Object.keys(OPTIONS));
  check.object("process", options.process);
  check.type("partitionKey", options.partitionKey, "function");
  check.type("check", options.check, "function");
  const whole = { integer: true };
  const world = new HandlerWorld<T>({
    handler,
    seed: check.number("seed", options.seed, { default: 1, ...whole }),
    workers: check.number("workers", options.workers, {
      default: 3,
      least: 1,
      most: 8,
      ...whole,
    }),
    values: options.values ?? numbers() as T[],
    partitionKey: options.partitionKey,
    process: options.process ?? {},
  });
  return await world.run(options.check ?? (() => {}));
}

function numbers(): number[] {
  return Array.from({ length: 100 }, (_, n) => n);
}
