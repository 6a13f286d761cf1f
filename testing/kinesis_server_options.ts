/**
 * Options of the server with their defaults, checked.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { EnforcedLimits } from "./_state/account.ts";
import { DEFAULT_SHARD_LIMIT, MAX_PUT_RECORDS_BYTES } from "./_state/limits.ts";
import type { AcceptedCredentials } from "./_wire/signature.ts";

/** Which limits of the service hold; see {@linkcode KinesisServerOptions.limits}. */
export interface KinesisServerLimits {
  /** Writes of a shard: 1000 records and 1 MiB a second. @default {true} */
  write?: boolean;
  /** Reads of a shard: 5 GetRecords and 2 MiB a second, 5 GetShardIterator a second. @default {true} */
  read?: boolean;
  /** Calls of an account to all other actions, for example 10 DescribeStream a second. @default {true} */
  control?: boolean;
}

/** Options of a {@linkcode KinesisServer}. */
export interface KinesisServerOptions {
  /** The region in ARNs, and the one that signatures must be for. @default {"us-east-1"} */
  region?: string;
  /** The account in ARNs: 12 digits. @default {"123456789012"} */
  accountId?: string;
  /**
   * The clock below the server's own, which is ahead of it by every {@linkcode KinesisServer.advance}. With a clock that
   * stands still, time passes only when it is advanced. @default {the clock of the runtime}
   */
  clock?: Clock;
  /** Chance from 0 to 1 (exclusive), for ids of requests and for streams that distribute records by themselves. @default {seeded, the same for every server} */
  random?: () => number;
  /**
   * Whether the rates of the service hold. They do by default, as on AWS: code that never meets a throttle in a test meets
   * it in production. Sizes, for example 500 records a request, hold always. @default {true}
   */
  limits?: boolean | KinesisServerLimits;
  /**
   * How long a stream stays CREATING, UPDATING and DELETING, and a consumer CREATING and DELETING, in milliseconds on the
   * server's clock. 0 makes all changes at once; more shows whether code waits for them. @default {0}
   */
  transitionMs?: number;
  /** Verify that requests are signed with one of these keys. Without it, signatures are not looked at. @default {not verified} */
  credentials?: AcceptedCredentials | readonly AcceptedCredentials[];
  /** Open shards that the account may have in provisioned streams. @default {20_000} */
  shardLimit?: number;
  /** Bytes that one PutRecords may carry, keys included: 10 MiB, or 5 MiB as until 2025. @default {10_485_760} */
  maxPutRecordsBytes?: number;
  /** Requests that {@linkcode KinesisServer.log} keeps. Older ones are forgotten. @default {1_000} */
  logLimit?: number;
}

/** Requests that the log keeps. */
const DEFAULT_LOG_LIMIT = 1_000;

/** Options that need no further thought. */
export interface ResolvedOptions {
  readonly region: string;
  readonly accountId: string;
  readonly limits: EnforcedLimits;
  readonly transitionMs: number;
  readonly credentials: readonly AcceptedCredentials[] | undefined;
  readonly shardLimit: number;
  readonly maxPutRecordsBytes: number;
  readonly logLimit: number;
}

/** Fills in the defaults. Throws a RangeError that names an option out of its range. */
export function resolveOptions(options: KinesisServerOptions): ResolvedOptions {
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
      options.maxPutRecordsBytes ?? MAX_PUT_RECORDS_BYTES,
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
