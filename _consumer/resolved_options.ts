/**
 * Checks the options of a consumer and fills in the defaults.
 *
 * @module
 */
import { SHARD_READS_PER_SECOND } from "../_aws/limits.ts";
import { chooseStream, type StreamChoice } from "../_aws/stream_choice.ts";
import { systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { MemoryCheckpointer } from "../checkpoint/mod.ts";
import { KinesisClient } from "../client/mod.ts";
import type { Processor } from "../processors/mod.ts";
import type { ShardPosition, StartPosition } from "../records.ts";
import type { ConsumerOptions, PoisonPolicy } from "./options.ts";

/** Options that stay `undefined` if they are not given. */
type WithoutDefault = "until" | "hooks" | "signal";
/** Options with another shape after they are resolved. */
type Reshaped = "streamName" | "streamARN" | "processor" | "prefetch";

/** The resolved options that do not depend on the type of the values. */
export type ConsumerSettings =
  & Readonly<
    Required<Omit<ConsumerOptions<unknown>, WithoutDefault | Reshaped>>
  >
  & Readonly<Pick<ConsumerOptions<unknown>, WithoutDefault>>
  & StreamChoice
  & {
    readonly prefetch: { readonly records: number; readonly bytes: number };
    /**
     * Whether the user gave a checkpointer. Without one, values are not waited to be acknowledged
     * and leases are not renewed.
     */
    readonly durable: boolean;
  };

/** The options with every default filled in. */
export type ResolvedConsumerOptions<T> = ConsumerSettings & {
  readonly processor: Processor<T>;
};

const WHAT = "Cannot create Consumer";
const check = new OptionCheck(WHAT);
const POSITIONS: ReadonlySet<ShardPosition["type"]> = new Set(
  [
    "TRIM_HORIZON",
    "LATEST",
    "AT_TIMESTAMP",
    "SEQUENCE",
    "AT_SEQUENCE_NUMBER",
  ] as const,
);

/**
 * Checks the options and fills in the defaults. The caller's object is not changed.
 *
 * @throws {TypeError} if the stream, the processor or a choice is missing or malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveConsumerOptions<T>(
  options: ConsumerOptions<T>,
): ResolvedConsumerOptions<T> {
  const {
    client,
    checkpointer,
    clock = systemClock,
    random = Math.random,
    hooks,
    prefetch = {},
    signal,
  } = options;
  const stream = chooseStream(WHAT, options);
  return {
    ...stream,
    // A missing processor becomes null, as an absent option passes the check.
    processor: check.methods(
      "processor",
      options.processor ?? null,
      "unpack",
    ),
    client: check.methods(
      "client",
      client,
      "describeStream",
      "getRecords",
      "getShardIterator",
      "listAllShards",
    ) ?? new KinesisClient(),
    checkpointer: checkpointer ?? new MemoryCheckpointer(),
    durable: checkpointer !== undefined,
    workerId: checkWorkerId(options.workerId),
    from: checkFrom(options.from),
    until: check.choice<"caught-up", undefined>(
      "until",
      options.until,
      ["caught-up"],
      undefined,
    ),
    onPoison: checkOnPoison(options.onPoison),
    onRecreated: check.choice(
      "onRecreated",
      options.onRecreated,
      ["restart", "fail"],
      "restart",
    ),
    prefetch: {
      records: check.number("prefetch.records", prefetch.records, {
        default: 50_000,
        least: 1,
      }),
      bytes: check.number("prefetch.bytes", prefetch.bytes, {
        default: 32 * 1024 * 1024,
        least: 1,
      }),
    },
    ...numbersOf(options),
    hooks,
    signal,
    clock,
    random,
  };
}

/** The options that are numbers. */
type Numbers = {
  [
    K in keyof ConsumerOptions<unknown> as NonNullable<
      ConsumerOptions<unknown>[K]
    > extends number ? K : never
  ]?: number;
};

function numbersOf(options: Numbers) {
  const number = (name: keyof Numbers, preset: number, least = 1) =>
    check.number(name, options[name], { default: preset, least });
  const time = (name: keyof Numbers, preset: number, orNever = false) =>
    check.time(name, options[name], { default: preset, orNever });
  return {
    limit: number("limit", Infinity),
    maxUnacknowledged: number("maxUnacknowledged", 100_000),
    maxFailuresInARow: number("maxFailuresInARow", 10),
    readsPerSecond: number("readsPerSecond", SHARD_READS_PER_SECOND, 0.001),
    idleTimeoutMs: time("idleTimeoutMs", Infinity, true),
    acknowledgeTimeoutMs: time("acknowledgeTimeoutMs", 900_000, true),
    checkpointIntervalMs: time("checkpointIntervalMs", 1000, true),
    failoverTimeMs: time("failoverTimeMs", 10_000),
    pollIntervalMs: time("pollIntervalMs", 1000),
  };
}

function checkWorkerId(
  workerId: string | undefined = crypto.randomUUID(),
): string {
  if (typeof workerId === "string" && workerId !== "") return workerId;
  throw new TypeError(
    check.message("workerId", "a text that is not empty", workerId),
  );
}

function checkOnPoison(onPoison: PoisonPolicy = "fail"): PoisonPolicy {
  if (
    onPoison === "fail" || onPoison === "skip" || typeof onPoison === "function"
  ) return onPoison;
  throw new TypeError(
    check.message("onPoison", '"fail", "skip" or a function', onPoison),
  );
}

function checkFrom(from: StartPosition = "TRIM_HORIZON"): StartPosition {
  if (from === "TRIM_HORIZON" || from === "LATEST") return from;
  if (from instanceof Date && !Number.isNaN(from.getTime())) return from;
  if (typeof from !== "object" || from === null || from instanceof Date) {
    const rule =
      '"TRIM_HORIZON", "LATEST", a valid Date or positions by shard id';
    const shown = from instanceof Date ? String(from) : from;
    throw new TypeError(check.message("from", rule, shown));
  }
  for (const [shardId, position] of Object.entries(from)) {
    if (POSITIONS.has(position?.type)) continue;
    const rule = `a position with one of the types ${
      [...POSITIONS].join(", ")
    }`;
    throw new TypeError(check.message(`from["${shardId}"]`, rule, position));
  }
  return from;
}
