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
import { systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import {
  CREATE_METHODS,
  resolveCreateStream,
} from "../_shards/create_stream.ts";
import { KinesisClient } from "../client/mod.ts";
import { InvalidRecordError } from "../errors.ts";
import type { ProducerHooks } from "../hooks.ts";
import type {
  KeyOf,
  ProducerOptions,
  ResolvedProducerOptions,
  ShardRates,
} from "./options.ts";

const WHAT = "Cannot create Producer";
const CLIENT_METHODS = ["putRecords", "listAllShards", "describeStreamSummary"];
const HOOKS = [
  "onBatch",
  "onValueFailed",
  "onThrottled",
  "onShardMap",
  "onBuffer",
] as const satisfies readonly (keyof ProducerHooks)[];
const RATES = ["recordsPerSecond", "bytesPerSecond"];
/** With requests of this size, the cost of a request is 3 % of the cost of its bytes. */
const DEFAULT_BATCH_BYTES = 1024 * 1024;

/** Checks the options and fills in the defaults. The object of the caller is not changed. */
export function resolveProducerOptions<T>(
  options: ProducerOptions<T>,
): ResolvedProducerOptions<T> {
  const check = new OptionCheck(WHAT);
  if (typeof options !== "object" || options === null) {
    throw new TypeError(check.message("options", "an object", options));
  }
  const { target, stream } = chooseStream(WHAT, options);
  checkProcessor(options.processor);
  check.methods("deadLetter", options.deadLetter, "getWriter");
  if (options.deadLetter?.locked) {
    throw new TypeError(
      `${WHAT} as 'deadLetter' must not be locked: another writer or pipe has it`,
    );
  }
  const createStream = resolveCreateStream(check, options.createStream);
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
    hooks: checkHooks(check, options.hooks),
    signal: check.methods(
      "signal",
      options.signal,
      "addEventListener",
      "removeEventListener",
    ),
    shardRates: resolveRates(check, options.shardRates),
    ...resolveLimits(check, options),
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
    lingerMs: check.time("lingerMs", options.lingerMs, {
      default: 100,
      least: 0,
    }),
    recordTtlMs: check.number("recordTtlMs", options.recordTtlMs, {
      default: Infinity,
      least: 1,
    }),
    abortTimeoutMs: check.time("abortTimeoutMs", options.abortTimeoutMs, {
      default: 30_000,
      least: 0,
      orNever: true,
    }),
    clock: check.methods(
      "clock",
      options.clock,
      "now",
      "setTimeout",
      "clearTimeout",
    ) ?? systemClock,
    random: check.type("random", options.random, "function") ?? Math.random,
  };
}

function checkProcessor(processor: unknown): void {
  const { createPacker } = (processor ?? {}) as { createPacker?: unknown };
  if (typeof createPacker === "function") return;
  throw new TypeError(
    `${WHAT} as 'processor' must be a processor such as json()`,
  );
}

function checkHooks(
  check: OptionCheck,
  hooks: ProducerHooks | undefined,
): ProducerHooks | undefined {
  check.methods("hooks", hooks);
  for (const name of HOOKS) {
    check.type(`hooks.${name}`, hooks?.[name], "function");
  }
  return hooks;
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

function resolveLimits(
  check: OptionCheck,
  options: Partial<Limits>,
): Limits {
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
  check: OptionCheck,
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

/** What messages and codes say of the two keys. */
const KEYS = {
  partitionKey: { text: "partition key", code: "InvalidPartitionKey" },
  explicitHashKey: {
    text: "explicit hash key",
    code: "InvalidExplicitHashKey",
  },
} as const;

function keyFunction<T>(
  check: OptionCheck,
  name: keyof typeof KEYS,
  key: (keyof T & string) | KeyOf<T> | undefined,
): KeyOf<T> | undefined {
  if (key === undefined || typeof key === "function") return key;
  if (typeof key !== "string" || key === "") {
    const rule = "the name of a field or a function";
    throw new TypeError(check.message(name, rule, key));
  }
  const { text, code } = KEYS[name];
  return (value) => {
    const field = (value as Record<string, unknown> | undefined | null)?.[key];
    // A number is a useful key. "undefined" and "[object Object]" would put all records on one
    // shard.
    if (typeof field === "number" || typeof field === "bigint") {
      return String(field);
    }
    if (typeof field === "string") return field;
    throw new InvalidRecordError(
      `Cannot put value as its ${text} is the field '${key}', which ${
        problemOf(value, field)
      }`,
      { code },
    );
  };
}

const SHOWN_FIELDS = 10;

function problemOf(value: unknown, field: unknown): string {
  if (field === null) return "is null";
  if (field !== undefined) return `is of type ${typeof field}`;
  if (typeof value !== "object" || value === null) {
    return `is missing: the value is ${
      value === null ? "null" : `of type ${typeof value}`
    }`;
  }
  const names = Object.keys(value);
  if (names.length === 0) return "is missing: the value has no fields";
  const shown = names.slice(0, SHOWN_FIELDS).map((name) =>
    `'${name.slice(0, 64)}'`
  ).join(", ");
  const more = names.length - SHOWN_FIELDS;
  return `is missing: the value has ${shown}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}
