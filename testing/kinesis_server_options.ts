/**
 * The options of the server, their checks and defaults.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { EnforcedLimits } from "./_state/account.ts";
import { MAX_BATCH_BYTES } from "../_aws/limits.ts";
import { DEFAULT_SHARD_LIMIT, MAX_IN_FLIGHT_RECORDS } from "./_state/limits.ts";
import type { AcceptedCredentials } from "./_wire/signature.ts";

/** Which rate limits are enforced; see {@linkcode KinesisServerOptions.limits}. */
export interface KinesisServerLimits {
  /**
   * Writes per shard: 1 000 records and 1 MiB a second.
   * @default {true}
   */
  write?: boolean;
  /**
   * Reads per shard: 5 GetRecords, 2 MiB and 5 GetShardIterator a second.
   * @default {true}
   */
  read?: boolean;
  /**
   * Calls of all other actions per account, for example 10 DescribeStream a second.
   * @default {true}
   */
  control?: boolean;
}

/** Options of a {@linkcode KinesisServer}. */
export interface KinesisServerOptions {
  /**
   * The region in ARNs. Verified signatures must be for this region.
   * @default {"us-east-1"}
   */
  region?: string;
  /**
   * The account id in ARNs: 12 digits.
   * @default {"123456789012"}
   */
  accountId?: string;
  /**
   * The base of the server's clock, which adds every {@linkcode KinesisServer.advance}. If this
   * clock stands still, time passes only by `advance`.
   * @default {the clock of the runtime}
   */
  clock?: Clock;
  /**
   * Random numbers from 0 to 1 (exclusive), for request ids, for the shards of streams with AUTO
   * distribution and for the order in which queues deliver their records.
   * @default {seeded, the same for every server}
   */
  random?: () => number;
  /**
   * Whether the rate limits of the service are enforced. They are by default, so that tests meet
   * the throttles of production. Size limits, for example 500 records a request, are always
   * enforced.
   * @default {true}
   */
  limits?: boolean | KinesisServerLimits;
  /**
   * How long a stream, queue or channel is CREATING, UPDATING or DELETING, and a registered consumer
   * CREATING or DELETING, in milliseconds on the server's clock. With 0, changes happen at once. Set
   * it to test that code waits for these states to end. A stream that is CREATING takes no records. One that
   * is DELETING still does and loses them with the rest, as Kinesis may:
   * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html.
   * @default {0}
   */
  transitionMs?: number;
  /**
   * Requests must be signed with one of these keys. Without this option, signatures are not
   * verified.
   * @default {not verified}
   */
  credentials?: AcceptedCredentials | readonly AcceptedCredentials[];
  /**
   * The most open shards of the account, in all provisioned streams together.
   * @default {20_000}
   */
  shardLimit?: number;
  /**
   * The most bytes of one PutRecords, data and partition keys. The limit of AWS is 10 MiB; it was 5
   * MiB until 2025.
   * @default {10_485_760}
   */
  maxPutRecordsBytes?: number;
  /**
   * The most records of a queue that are in flight at the same time, dead letters included. A queue
   * with so many delivers no further record. The limit of AWS is the default; with a lower one, a
   * test needs fewer records.
   * @default {120_000}
   */
  maxInFlightQueueRecords?: number;
  /**
   * How many requests {@linkcode KinesisServer.log} keeps. Older ones are removed.
   * @default {1_000}
   */
  logLimit?: number;
}

const DEFAULT_LOG_LIMIT = 1_000;

/** Checked options with all defaults filled in. */
export interface ResolvedOptions {
  readonly region: string;
  readonly accountId: string;
  readonly limits: EnforcedLimits;
  readonly transitionMs: number;
  readonly credentials: readonly AcceptedCredentials[] | undefined;
  readonly shardLimit: number;
  readonly maxPutRecordsBytes: number;
  readonly maxInFlightQueueRecords: number;
  readonly logLimit: number;
}

/** The names of all options. */
const OPTIONS: Record<keyof KinesisServerOptions, true> = {
  region: true,
  accountId: true,
  clock: true,
  random: true,
  limits: true,
  transitionMs: true,
  credentials: true,
  shardLimit: true,
  maxPutRecordsBytes: true,
  maxInFlightQueueRecords: true,
  logLimit: true,
};

/**
 * Checks the options and fills in the defaults. Throws a RangeError that names the invalid option.
 */
export function resolveOptions(options: KinesisServerOptions): ResolvedOptions {
  const check = new OptionCheck("Cannot create KinesisServer");
  check.object("options", options, Object.keys(OPTIONS));
  const { accountId = "123456789012", credentials } = options;
  if (!/^\d{12}$/.test(accountId)) {
    throw new RangeError(
      `Cannot create KinesisServer as 'accountId' must be 12 digits: current value is "${accountId}"`,
    );
  }
  return {
    region: options.region ?? "us-east-1",
    accountId,
    limits: resolveLimits(options.limits),
    transitionMs: wholeNumber("transitionMs", options.transitionMs ?? 0, 0),
    credentials: credentials === undefined ? undefined : [credentials].flat(),
    shardLimit: wholeNumber(
      "shardLimit",
      options.shardLimit ?? DEFAULT_SHARD_LIMIT,
      1,
    ),
    maxPutRecordsBytes: wholeNumber(
      "maxPutRecordsBytes",
      options.maxPutRecordsBytes ?? MAX_BATCH_BYTES,
      1,
    ),
    maxInFlightQueueRecords: wholeNumber(
      "maxInFlightQueueRecords",
      options.maxInFlightQueueRecords ?? MAX_IN_FLIGHT_RECORDS,
      1,
    ),
    logLimit: wholeNumber(
      "logLimit",
      options.logLimit ?? DEFAULT_LOG_LIMIT,
      0,
    ),
  };
}

function resolveLimits(
  limits: KinesisServerOptions["limits"] = true,
): EnforcedLimits {
  if (typeof limits === "boolean") {
    return { write: limits, read: limits, control: limits };
  }
  const { write = true, read = true, control = true } = limits;
  return { write, read, control };
}

function wholeNumber(name: string, value: number, min: number): number {
  if (!Number.isInteger(value) || value < min) {
    throw new RangeError(
      `Cannot create KinesisServer as '${name}' must be an integer of at least ${min}: current value is ${value}`,
    );
  }
  return value;
}
