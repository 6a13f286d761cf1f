/**
 * Checks the options of a consumer of a queue, and fills in the defaults.
 *
 * @module
 */
import { systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { signalOption } from "../_core/signal_option.ts";
import { KinesisClient } from "../client/mod.ts";
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
    clock = systemClock,
    random = Math.random,
    onPoison = "return",
    hooks,
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
  check.methods("clock", clock, "now", "setTimeout", "clearTimeout");
  check.type("random", random, "function");
  check.methods("hooks", hooks);
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
    clock,
    random,
    onPoison,
    hooks,
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
    maxHoldMs: check.time("maxHoldMs", options.maxHoldMs, {
      default: 3_600_000,
      orNever: true,
    }),
    idleTimeoutMs: check.time("idleTimeoutMs", options.idleTimeoutMs, {
      default: Infinity,
      orNever: true,
    }),
    closeTimeoutMs: check.time("closeTimeoutMs", options.closeTimeoutMs, {
      default: 10_000,
      least: 0,
    }),
    maxFailuresInARow: count("maxFailuresInARow", 10),
    signal: signalOption(check, options),
  };
}
