/**
 * Checks the options of a consumer and fills in the defaults.
 *
 * @module
 */
import { SHARD_READS_PER_SECOND } from "../../_aws/limits.ts";
import { chooseStream, type StreamChoice } from "../../_aws/stream_choice.ts";
import { nextInstance } from "../../_core/instances.ts";
import { OptionCheck } from "../../_core/option_check.ts";
import { timeOption } from "../../_core/time_option.ts";
import { signalOption } from "../../_core/signal_option.ts";
import { resolveOutside } from "../../_core/outside_options.ts";
import {
  CREATE_METHODS,
  resolveCreateStream,
} from "../../_shards/create_stream.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import type { ConsumerHooks } from "../../hooks.ts";
import type { Processor } from "../../processors/mod.ts";
import {
  checkFanOut,
  checkFanOutClient,
  checkFanOutStall,
  type FanOutSettings,
} from "../fan_out/fan_out_options.ts";
import type { ConsumerOptions } from "./options.ts";
import type { PoisonPolicy } from "./policies.ts";
import { checkFrom, checkUntil } from "./span_options.ts";

/** Options that stay `undefined` if they are not given. */
type WithoutDefault = "until" | "hooks" | "signal";
/** Options with another shape after they are resolved. */
type Reshaped =
  | "streamName"
  | "streamARN"
  | "processor"
  | "prefetch"
  | "fanOut";

/** The resolved options that do not depend on the type of the values. */
export type ConsumerSettings =
  & Readonly<
    Required<Omit<ConsumerOptions<unknown>, WithoutDefault | Reshaped>>
  >
  & Readonly<Pick<ConsumerOptions<unknown>, WithoutDefault>>
  & StreamChoice
  & {
    /** Absent if the shards are polled. */
    readonly fanOut: FanOutSettings | undefined;
    readonly prefetch: { readonly records: number; readonly bytes: number };
    /**
     * Whether the user gave a checkpointer. Without one, no acknowledgement is waited for, and
     * leases are not renewed.
     */
    readonly durable: boolean;
    /** Distinguishes the consumers, and the streams of each, in the events of hooks. */
    readonly instance: number;
  };

/** The options with every default filled in. */
export type ResolvedConsumerOptions<T> = ConsumerSettings & {
  readonly processor: Processor<T>;
};

/** Words the errors about options of a consumer. */
export const CONSUMER_CHECK: OptionCheck = new OptionCheck(
  "Cannot create Consumer",
);
/** The names of all options: others are refused, because they are probably misspelled. */
const OPTIONS: Record<keyof ConsumerOptions<unknown>, true> = {
  client: true,
  streamName: true,
  streamARN: true,
  processor: true,
  checkpointer: true,
  from: true,
  until: true,
  limit: true,
  idleTimeoutMs: true,
  onPoison: true,
  hooks: true,
  signal: true,
  workerId: true,
  failoverTimeMs: true,
  handoffTimeoutMs: true,
  checkpointIntervalMs: true,
  maxShards: true,
  maxUnacknowledged: true,
  acknowledgeTimeoutMs: true,
  prefetch: true,
  pollIntervalMs: true,
  maxPollIntervalMs: true,
  readsPerSecond: true,
  fanOut: true,
  maxFailuresInARow: true,
  stallTimeoutMs: true,
  expiredCheckpoint: true,
  onRecreated: true,
  createStream: true,
  clock: true,
  random: true,
};
const HOOKS: Record<keyof ConsumerHooks, true> = {
  onRead: true,
  onShard: true,
  onReadError: true,
  onExpired: true,
  onRecreated: true,
  onCheckpoint: true,
  onRenew: true,
  onUnacknowledged: true,
  onStrays: true,
  onUnkeyed: true,
  onSubscribed: true,
  onStalled: true,
  onCoverage: true,
  onStatus: true,
  onProcessingLag: true,
  onHandled: true,
  onHandlerError: true,
  onHandlerTimeout: true,
  onDecodeError: true,
  onConsumerEnd: true,
};
/** The names of all hooks of a consumer. */
export const HOOK_NAMES = Object.keys(HOOKS) as (keyof ConsumerHooks)[];
/**
 * Checks the options and fills in the defaults. The caller's object is not changed. `check` words
 * the errors.
 *
 * @throws {TypeError} if the stream, the processor or a choice is missing or malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveConsumerOptions<T>(
  options: ConsumerOptions<T>,
  check: OptionCheck = CONSUMER_CHECK,
): ResolvedConsumerOptions<T> {
  check.object("options", options ?? null, Object.keys(OPTIONS));
  const { client, checkpointer, prefetch = {} } = options;
  check.object("prefetch", prefetch, ["records", "bytes"]);
  const stream = chooseStream(check, options);
  const fanOut = checkFanOut(check, options.fanOut, stream);
  if (fanOut) {
    checkFanOutClient(check, client, fanOut);
    checkFanOutStall(check, options.stallTimeoutMs);
  }
  const createStream = resolveCreateStream(check, options);
  return {
    ...stream,
    createStream,
    fanOut,
    // A missing processor becomes null, because an absent option would pass the check.
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
      ...createStream ? CREATE_METHODS : [],
    ) ?? new KinesisClient(),
    checkpointer: check.methods(
      "checkpointer",
      checkpointer,
      "list",
      "create",
      "take",
      "renew",
      "checkpoint",
      "release",
      "request",
      "replace",
      "delete",
    ) ?? new MemoryCheckpointer(),
    durable: checkpointer !== undefined,
    workerId: check.text("workerId", options.workerId) ?? crypto.randomUUID(),
    from: checkFrom(check, options.from),
    until: checkUntil(check, options),
    onPoison: checkOnPoison(check, options.onPoison),
    onRecreated: check.choice(
      "onRecreated",
      options.onRecreated,
      ["restart", "fail"],
      "restart",
    ),
    expiredCheckpoint: check.choice(
      "expiredCheckpoint",
      options.expiredCheckpoint,
      ["oldest", "fail"],
      "oldest",
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
    ...numbersOf(check, options),
    signal: signalOption(check, options),
    ...resolveOutside(
      check,
      options,
      HOOK_NAMES,
    ),
    instance: nextInstance(),
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

function numbersOf(check: OptionCheck, options: Numbers) {
  const limit = check.number("limit", options.limit, {
    default: Infinity,
    least: 1,
    integer: true,
  });
  const number = (name: keyof Numbers, preset: number, least = 1) =>
    check.number(name, options[name], { default: preset, least });
  const time = (name: keyof Numbers, preset: number, orNever = false) =>
    timeOption(check, name, options[name], { default: preset, orNever });
  return {
    limit,
    maxShards: check.number("maxShards", options.maxShards, {
      default: Infinity,
      least: 1,
      integer: true,
    }),
    maxUnacknowledged: number("maxUnacknowledged", 100_000),
    maxFailuresInARow: number("maxFailuresInARow", 10),
    readsPerSecond: number("readsPerSecond", SHARD_READS_PER_SECOND, 0.001),
    idleTimeoutMs: time("idleTimeoutMs", Infinity, true),
    acknowledgeTimeoutMs: time("acknowledgeTimeoutMs", 900_000, true),
    stallTimeoutMs: time("stallTimeoutMs", 120_000, true),
    checkpointIntervalMs: time("checkpointIntervalMs", 1000, true),
    failoverTimeMs: time("failoverTimeMs", 10_000),
    handoffTimeoutMs: timeOption(
      check,
      "handoffTimeoutMs",
      options.handoffTimeoutMs,
      {
        default: 30_000,
        least: 0,
      },
    ),
    ...pollIntervalsOf(check, options),
  };
}

function pollIntervalsOf(
  check: OptionCheck,
  options: Pick<Numbers, "pollIntervalMs" | "maxPollIntervalMs">,
) {
  const pollIntervalMs = timeOption(
    check,
    "pollIntervalMs",
    options.pollIntervalMs,
    {
      default: 1000,
    },
  );
  const maxPollIntervalMs = timeOption(
    check,
    "maxPollIntervalMs",
    options.maxPollIntervalMs,
    { default: Math.max(10_000, pollIntervalMs), least: pollIntervalMs },
  );
  return { pollIntervalMs, maxPollIntervalMs };
}

function checkOnPoison(
  check: OptionCheck,
  onPoison: PoisonPolicy = "fail",
): PoisonPolicy {
  if (
    onPoison === "fail" || onPoison === "skip" || typeof onPoison === "function"
  ) return onPoison;
  throw new TypeError(
    check.message("onPoison", '"fail", "skip" or a function', onPoison),
  );
}
