/**
 * Checks the options of a consumer of a queue, and fills in the defaults.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { resolveOutside } from "../_core/outside_options.ts";
import { signalOption } from "../_core/signal_option.ts";
import { KinesisClient } from "../client/mod.ts";
import type { QueueHooks } from "../queue_hooks.ts";
import type { QueueConsumerOptions } from "./options.ts";
import { MOST_SECONDS } from "./record.ts";

/** The options with their defaults. */
export type ResolvedQueueOptions<T> =
  & Required<Omit<QueueConsumerOptions<T>, "hooks" | "signal">>
  & Pick<QueueConsumerOptions<T>, "hooks" | "signal">;

/** The names of all options: others are refused, because they are probably misspelled. */
const OPTIONS: Record<keyof QueueConsumerOptions<unknown>, true> = {
  client: true,
  queueARN: true,
  processor: true,
  visibilityTimeoutSeconds: true,
  waitTimeSeconds: true,
  maxPolls: true,
  maxInFlight: true,
  maxInFlightBytes: true,
  maxHoldMs: true,
  onPoison: true,
  idleTimeoutMs: true,
  closeTimeoutMs: true,
  maxFailuresInARow: true,
  hooks: true,
  signal: true,
  clock: true,
  random: true,
};
const HOOKS: readonly (keyof QueueHooks)[] = [
  "onReceive",
  "onReceiveError",
  "onEntries",
  "onVisibilityLost",
  "onQueueDecodeError",
  "onQueueHandled",
  "onQueueHandlerError",
  "onQueueHandlerTimeout",
];
const QUEUE_ARN = /^arn:aws[^:]*:kinesis:[^:]+:\d{12}:queue\/\S+$/;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} if the queue, the processor or a choice is missing or malformed
 * @throws {RangeError} if a number is out of its range
 */
export function resolveQueueOptions<T>(
  options: QueueConsumerOptions<T>,
): ResolvedQueueOptions<T> {
  const check = new OptionCheck("Cannot create QueueConsumer");
  check.object("options", options ?? null, Object.keys(OPTIONS));
  const {
    client = new KinesisClient(),
    queueARN,
    processor,
    onPoison = "return",
  } = options;
  check.methods(
    "client",
    client,
    "receiveQueueRecords",
    "acknowledgeQueueRecords",
    "updateQueueRecordsVisibility",
  );
  if (typeof queueARN !== "string" || !QUEUE_ARN.test(queueARN)) {
    throw new TypeError(
      check.message(
        "queueARN",
        "the ARN of a queue, arn:aws:kinesis:<region>:<account>:queue/<id>",
        queueARN,
      ),
    );
  }
  check.methods("processor", processor ?? null, "unpack");
  if (typeof onPoison !== "function") {
    check.choice("onPoison", onPoison, ["return", "skip", "fail"], "return");
  }
  const count = (
    name: "maxPolls" | "maxInFlight" | "maxInFlightBytes" | "maxFailuresInARow",
    preset: number,
    most = Infinity,
  ) =>
    check.number(name, options[name], {
      default: preset,
      least: 1,
      most,
      integer: true,
    });
  const seconds = (
    name: "visibilityTimeoutSeconds" | "waitTimeSeconds",
    rule: { default: number; least: number; most: number },
  ) => check.number(name, options[name], { ...rule, integer: true });
  return {
    client,
    queueARN,
    processor,
    onPoison,
    ...resolveOutside(check, options, HOOKS),
    visibilityTimeoutSeconds: seconds("visibilityTimeoutSeconds", {
      default: 30,
      least: 5,
      most: MOST_SECONDS,
    }),
    waitTimeSeconds: seconds("waitTimeSeconds", {
      default: 10,
      least: 1,
      most: 20,
    }),
    maxPolls: count("maxPolls", 10, 1000),
    maxInFlight: count("maxInFlight", 1000, 120_000),
    maxInFlightBytes: count("maxInFlightBytes", 64 * 1024 * 1024),
    maxHoldMs: timeOption(check, "maxHoldMs", options.maxHoldMs, {
      default: 3_600_000,
      orNever: true,
    }),
    idleTimeoutMs: timeOption(check, "idleTimeoutMs", options.idleTimeoutMs, {
      default: Infinity,
      orNever: true,
    }),
    closeTimeoutMs: timeOption(
      check,
      "closeTimeoutMs",
      options.closeTimeoutMs,
      {
        default: 10_000,
        least: 0,
      },
    ),
    maxFailuresInARow: count("maxFailuresInARow", 10),
    signal: signalOption(check, options),
  };
}
