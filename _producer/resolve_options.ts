/**
 * The defaults of a producer's options, and what is wrong with options.
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
import { KinesisClient } from "../client/mod.ts";
import { InvalidRecordError } from "../errors.ts";
import type {
  KeyOf,
  ProducerOptions,
  ResolvedProducerOptions,
} from "./options.ts";
import type { ShardRates } from "./shard_limit.ts";

/** Checks the options and fills in the defaults; the caller's object is not changed. */
export function resolveProducerOptions<T>(
  options: ProducerOptions<T>,
): ResolvedProducerOptions<T> {
  new OptionCheck(WHAT).methods("options", options ?? null);
  const { processor } = options;
  const { target, stream } = chooseStream(WHAT, options);
  if (typeof processor?.createPacker !== "function") {
    throw new TypeError(
      `${WHAT} as 'processor' must be a processor such as json()`,
    );
  }
  if (options.deadLetter?.locked) {
    throw new TypeError(
      `${WHAT} as 'deadLetter' must not be locked: another writer or pipe has it`,
    );
  }
  const ordering = options.ordering ?? "none";
  if (!["none", "key", "shard"].includes(ordering)) {
    throw new TypeError(
      `${WHAT} as 'ordering' must be "none", "key" or "shard": current value is ${
        JSON.stringify(ordering)
      }`,
    );
  }
  const onAbort = options.onAbort ?? "deliver";
  if (!["deliver", "discard"].includes(onAbort)) {
    throw new TypeError(
      `${WHAT} as 'onAbort' must be "deliver" or "discard": current value is ${
        JSON.stringify(onAbort)
      }`,
    );
  }
  const number = (name: keyof ProducerOptions<T>, range: Range) =>
    checkNumber(name, options[name], range);
  const resolved = {
    client: options.client ?? new KinesisClient(),
    target,
    stream,
    processor,
    partitionKey: keyFunction(options.partitionKey),
    explicitHashKey: options.explicitHashKey,
    lingerMs: number("lingerMs", { default: 100, least: 0, most: 3_600_000 }),
    maxBatchRecords: number("maxBatchRecords", {
      default: MAX_BATCH_RECORDS,
      least: 1,
      most: MAX_BATCH_RECORDS,
      integer: true,
    }),
    maxBatchBytes: number("maxBatchBytes", {
      default: DEFAULT_BATCH_BYTES,
      least: 1024,
      most: MAX_BATCH_BYTES,
      integer: true,
    }),
    maxRecordBytes: options.maxRecordBytes === undefined
      ? undefined
      : number("maxRecordBytes", {
        default: DEFAULT_RECORD_BYTES,
        least: 1024,
        most: MAX_RECORD_BYTES,
        integer: true,
      }),
    maxInFlight: number("maxInFlight", {
      default: 8,
      least: 1,
      most: 1000,
      integer: true,
    }),
    bufferedValues: number("bufferedValues", {
      default: 50_000,
      least: 1,
      most: Infinity,
    }),
    bufferedBytes: number("bufferedBytes", {
      default: 32 * 1024 * 1024,
      least: 1,
      most: Infinity,
    }),
    ordering,
    maxAttempts: number("maxAttempts", {
      default: 20,
      least: 1,
      most: Infinity,
    }),
    recordTtlMs: number("recordTtlMs", {
      default: Infinity,
      least: 1,
      most: Infinity,
    }),
    shardRates: checkRates(options.shardRates),
    deadLetter: options.deadLetter,
    createStream: options.createStream ?? false as const,
    hooks: options.hooks,
    onAbort,
    abortTimeoutMs: number("abortTimeoutMs", {
      default: 30_000,
      least: 0,
      most: Infinity,
    }),
    signal: options.signal,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  return resolved;
}

const WHAT = "Cannot create Producer";

/** What a request costs besides its bytes is three percent of what these cost. */
const DEFAULT_BATCH_BYTES = 1024 * 1024;

interface Range {
  default: number;
  least: number;
  most: number;
  integer?: boolean;
}

function checkNumber(name: string, value: unknown, range: Range): number {
  if (value === undefined) return range.default;
  const { least, most, integer } = range;
  if (
    typeof value === "number" && value >= least && value <= most &&
    (!integer || Number.isInteger(value))
  ) return value;
  throw new RangeError(
    `${WHAT} as '${name}' must be ${
      integer ? "an integer from " : ""
    }${least} to ${most}: current value is ${String(value)}`,
  );
}

function checkRates(
  rates: Partial<ShardRates> | false | undefined,
): ShardRates | undefined {
  if (rates === false) return undefined;
  const range = { least: 1, most: Infinity };
  return {
    recordsPerSecond: checkNumber(
      "shardRates.recordsPerSecond",
      rates?.recordsPerSecond,
      { ...range, default: SHARD_WRITE_RECORDS_PER_SECOND },
    ),
    bytesPerSecond: checkNumber(
      "shardRates.bytesPerSecond",
      rates?.bytesPerSecond,
      { ...range, default: SHARD_WRITE_BYTES_PER_SECOND },
    ),
  };
}

function keyFunction<T>(
  key: (keyof T & string) | KeyOf<T> | undefined,
): KeyOf<T> | undefined {
  if (typeof key !== "string") return key;
  return (value) => {
    const field = (value as Record<string, unknown> | undefined | null)?.[key];
    // A number is a natural key; "undefined" and "[object Object]" are mistakes that would put all records on one shard.
    if (typeof field === "number" || typeof field === "bigint") {
      return String(field);
    }
    if (typeof field === "string") return field;
    throw new InvalidRecordError(
      `Cannot put value as its partition key is the field '${key}', which ${
        problemOf(value, field)
      }`,
      { code: "InvalidPartitionKey" },
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
