/**
 * A simulation for the handlers of an application.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { encodeUtf8 } from "../_core/utf8.ts";
import { json } from "../processors/mod.ts";
import { HandlerWorld } from "./_simulation/handler_world.ts";
import type {
  SimulatedHandler,
  SimulateOptions,
  SimulationReport,
} from "./simulate_types.ts";

const check = new OptionCheck("Cannot simulate");
const OPTIONS: Record<keyof SimulateOptions<never>, true> = {
  seed: true,
  values: true,
  partitionKey: true,
  process: true,
  workers: true,
  check: true,
};

/** The seeds that give different runs. */
export const SEEDS = { default: 1, least: 0, most: 2 ** 32 - 1, integer: true };

/** The options of `Consumer.process` that a simulation takes. */
export const PROCESS_OPTIONS: readonly (keyof NonNullable<
  SimulateOptions<never>["process"]
>)[] = ["concurrency", "ordering", "retry", "timeoutMs", "graceMs"];

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
  check.type("handler", handler ?? null, "function");
  check.object("options", options, Object.keys(OPTIONS));
  check.object("process", options.process, PROCESS_OPTIONS);
  if (options.values !== undefined && !Array.isArray(options.values)) {
    throw new TypeError(check.refusal("'values' must be an array"));
  }
  check.type("partitionKey", options.partitionKey, "function");
  check.type("check", options.check, "function");
  const whole = { integer: true };
  const world = new HandlerWorld<T>({
    handler,
    seed: check.number("seed", options.seed, SEEDS),
    workers: check.number("workers", options.workers, {
      default: 3,
      least: 1,
      most: 8,
      ...whole,
    }),
    processor: json<T>(),
    records: (options.values ?? numbers() as T[]).map((value, index) => ({
      data: encodeUtf8(JSON.stringify(value)),
      partitionKey: options.partitionKey?.(value) ?? `key-${index % KEYS}`,
      values: 1,
    })),
    process: options.process ?? {},
  });
  return await world.run(options.check ?? (() => {}));
}

/** The number of partition keys, unless `partitionKey` gives others. */
const KEYS = 8;

function numbers(): number[] {
  return Array.from({ length: 100 }, (_, n) => n);
}
