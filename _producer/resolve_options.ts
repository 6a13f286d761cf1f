/**
 * Checks the options of a producer, and fills in their defaults.
 *
 * @module
 */
import {
  DEFAULT_RECORD_BYTES,
  MAX_BATCH_BYTES,
  MAX_BATCH_RECORDS,
  MAX_RECORD_BYTES,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from "../_aws/limits.ts";
import { chooseStream } from "../_aws/stream_choice.ts";
import { nextInstance } from "../_core/instances.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { signalOption } from "../_core/signal_option.ts";
import { resolveOutside } from "../_core/outside_options.ts";
import {
  CREATE_METHODS,
  resolveCreateStream,
} from "../_shards/create_stream.ts";
import { KinesisClient } from "../client/mod.ts";
import type { ProducerHooks } from "../hooks.ts";
import { keyFunction } from "./key_option.ts";
import type {
  ProducerOptions,
  ResolvedProducerOptions,
  ShardRates,
} from "./options.ts";

const check = new OptionCheck("Cannot create Producer");
const CLIENT_METHODS = ["putRecords", "listAllShards", "describeStreamSummary"];
const HOOKS = [
  "onBatch",
  "onValueFailed",
  "onThrottled",
  "onShardMap",
  "onDistribution",
  "onBuffer",
  "onWrongShard",
  "onProducerEnd",
] as const satisfies readonly (keyof ProducerHooks)[];
/** The names of all options: others are refused, because they are probably misspelled. */
const OPTIONS: Record<keyof ProducerOptions<unknown>, true> = {
  client: true,
  streamName: true,
  streamARN: true,
  processor: true,
  partitionKey: true,
  explicitHashKey: true,
  lingerMs: true,
  maxBatchRecords: true,
  maxBatchBytes: true,
  maxRecordBytes: true,
  maxInFlight: true,
  bufferedValues: true,
  bufferedBytes: true,
  ordering: true,
  maxAttempts: true,
  recordTtlMs: true,
  shardRates: true,
  deadLetter: true,
  createStream: true,
  hooks: true,
  onAbort: true,
  abortTimeoutMs: true,
  signal: true,
  clock: true,
  random: true,
};
const RATES = ["recordsPerSecond", "bytesPerSecond"];
/** With requests of this size, the cost of a request is 3 % of the cost of its bytes. */
const DEFAULT_BATCH_BYTES = 1024 * 1024;

/** Checks the options and fills in the defaults. The object of the caller is not changed. */
export function resolveProducerOptions<T>(
  options: ProducerOptions<T>,
): ResolvedProducerOptions<T> {
  check.object("options", options ?? null, Object.keys(OPTIONS));
  const { target, stream } = chooseStream(check, options);
  checkProcessor(options.processor);
  check.methods("deadLetter", options.deadLetter, "getWriter");
  if (options.deadLetter?.locked) {
    throw new TypeError(
      check.refusal(
        "'deadLetter' must not be locked: another writer or pipe has it",
      ),
    );
  }
  const createStream = resolveCreateStream(check, options);
  const methods = [...CLIENT_METHODS, ...(createStream ? CREATE_METHODS : [])];
  return {
    client: check.methods("client", options.client, ...methods) ??
      new KinesisClient(),
    target,
    stream,
    processor: options.processor,
    partitionKey: keyFunction(check, "partitionKey", options.partitionKey),
    explicitHashKey: keyFunction(
      check,
      "explicitHashKey",
      options.explicitHashKey,
    ),
    createStream,
    deadLetter: options.deadLetter,
    shardRates: resolveRates(options.shardRates),
    ...resolveLimits(options),
    ordering: check.choice(
      "ordering",
      options.ordering,
      ["none", "key", "shard"] as const,
      "none",
    ),
    onAbort: check.choice(
      "onAbort",
      options.onAbort,
      ["deliver", "discard"] as const,
      "deliver",
    ),
    lingerMs: timeOption(check, "lingerMs", options.lingerMs, {
      default: 100,
      least: 0,
    }),
    recordTtlMs: check.number("recordTtlMs", options.recordTtlMs, {
      default: Infinity,
      least: 1,
    }),
    abortTimeoutMs: timeOption(
      check,
      "abortTimeoutMs",
      options.abortTimeoutMs,
      {
        default: 30_000,
        least: 0,
        orNever: true,
      },
    ),
    signal: signalOption(check, options),
    ...resolveOutside(check, options, HOOKS),
    instance: nextInstance(),
  };
}

function checkProcessor(processor: unknown): void {
  const { createPacker } = (processor ?? {}) as { createPacker?: unknown };
  if (typeof createPacker === "function") return;
  throw new TypeError(
    check.refusal("'processor' must be a processor such as json()"),
  );
}

/** The options that limit batches, records and the buffer. */
type Limits = Pick<
  ResolvedProducerOptions<never>,
  | "maxBatchRecords"
  | "maxBatchBytes"
  | "maxRecordBytes"
  | "maxInFlight"
  | "bufferedValues"
  | "bufferedBytes"
  | "maxAttempts"
>;

function resolveLimits(options: Partial<Limits>): Limits {
  const limit = (
    name: keyof Limits,
    preset: number,
    least = 1,
    most?: number,
  ) =>
    check.number(name, options[name], {
      default: preset,
      least,
      most,
      integer: most !== undefined,
    });
  const { maxRecordBytes } = options;
  return {
    maxBatchRecords: limit(
      "maxBatchRecords",
      MAX_BATCH_RECORDS,
      1,
      MAX_BATCH_RECORDS,
    ),
    maxBatchBytes: limit(
      "maxBatchBytes",
      DEFAULT_BATCH_BYTES,
      1024,
      MAX_BATCH_BYTES,
    ),
    maxRecordBytes: maxRecordBytes === undefined
      ? undefined
      : limit("maxRecordBytes", DEFAULT_RECORD_BYTES, 1024, MAX_RECORD_BYTES),
    maxInFlight: limit("maxInFlight", 8, 1, 1000),
    bufferedValues: limit("bufferedValues", 50_000),
    bufferedBytes: limit("bufferedBytes", 32 * 1024 * 1024),
    maxAttempts: limit("maxAttempts", 20),
  };
}

function resolveRates(
  rates: Partial<ShardRates> | false | undefined,
): ShardRates | undefined {
  if (rates === false) return undefined;
  const isObject = typeof rates === "object" && rates !== null;
  const names = isObject ? Object.keys(rates) : [];
  if (
    rates !== undefined && !isObject ||
    names.some((name) => !RATES.includes(name))
  ) {
    throw new TypeError(
      check.message(
        "shardRates",
        "{ recordsPerSecond, bytesPerSecond } or false",
        rates,
      ),
    );
  }
  return {
    recordsPerSecond: check.number(
      "shardRates.recordsPerSecond",
      rates?.recordsPerSecond,
      { default: SHARD_WRITE_RECORDS_PER_SECOND, least: 1 },
    ),
    bytesPerSecond: check.number(
      "shardRates.bytesPerSecond",
      rates?.bytesPerSecond,
      { default: SHARD_WRITE_BYTES_PER_SECOND, least: 1 },
    ),
  };
}
