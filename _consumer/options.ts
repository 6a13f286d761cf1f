/**
 * What a consumer can be told, and the defaults.
 *
 * @module
 */
import { SHARD_READS_PER_SECOND } from "../_aws/limits.ts";
import { chooseStream } from "../_aws/stream_choice.ts";
import { type Clock, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { type Checkpointer, MemoryCheckpointer } from "../checkpoint/mod.ts";
import { KinesisClient } from "../client/mod.ts";
import type { DecodeError } from "../errors.ts";
import type { ConsumerHooks } from "../hooks.ts";
import type { Processor } from "../processors/mod.ts";
import type { StartPosition } from "../records.ts";

/**
 * A shard that started at LATEST and has to be opened again before its first record goes back to the time of its start, less
 * this: where the time of the service is not known, the clock of the machine may be ahead of it.
 */
export const LATEST_MARGIN_MS = 10_000;

/** What happens when a stream was deleted and created again under its name. */
export type RecreatedPolicy = "restart" | "fail";

/** What happens to a record that cannot be decoded. */
export type PoisonPolicy =
  | "fail"
  | "skip"
  | ((error: DecodeError) => void | Promise<void>);

/** Options of a {@linkcode Consumer}. A stream and a processor are required, everything else has a default. */
export interface ConsumerOptions<T> {
  /** The client that sends the requests. Default: one with the defaults of {@linkcode KinesisClient}. */
  client?: KinesisClient;
  /** The stream by name. Either this or `streamARN`. */
  streamName?: string;
  /**
   * The stream by ARN. Either this or `streamName`. Leases are kept under the one that is given:
   * streams of one name in two regions or accounts have to be given by ARN if they share a
   * checkpointer. A consumer that is given the ARN fails with the code `ProgressUnderName` if there
   * is progress under the name only.
   */
  streamARN?: string;
  /** How Kinesis records become values. */
  processor: Processor<T>;
  /**
   * Where progress is stored and shared with other workers. Without one nothing is stored, and a record counts as processed
   * when it is handed out.
   */
  checkpointer?: Checkpointer;
  /**
   * The name of this worker in the leases; unique among the workers that run at the same time. One that is kept over
   * restarts resumes at once, any other waits `failoverTimeMs` for the leases of the worker before. A worker takes whatever
   * carries its name when it starts, so a namesake that is alive loses all its shards then and repeats what it had not
   * acknowledged; after that the two share as any others do. Default: a random one for each consumer.
   */
  workerId?: string;
  /**
   * Where a shard without a checkpoint starts: at the oldest record, at what comes from now on, at a time, or by shard id
   * (shards that are not named start at the oldest record, those before a named one are skipped). Children of a reshard
   * always start at their oldest record.
   *
   * With `"LATEST"` everything that is written after {@linkcode Consumer.ready} is read. Until
   * the first record of a shard is acknowledged, what is stored for it is the time of the start,
   * as the service tells it, less 10 seconds: after a crash, a takeover or an iterator that
   * expired before that, up to about 10 seconds of older records come as well.
   *
   * A `Date` means the time of the service. Until it has come the shards stay in the state
   * `opening`.
   * @default {"TRIM_HORIZON"}
   */
  from?: StartPosition;
  /**
   * Ends the stream when every shard has been read up to its tip, shards that open meanwhile included. A shard that is written
   * to all the time counts when a record is reached that came after its reading began. Shards that another living worker
   * reads are not waited for; those of a dead one are taken over. Default: never.
   */
  until?: "caught-up";
  /** Ends the stream after so many records. @default {Infinity} */
  limit?: number;
  /** Ends the stream when a record was asked for and none came for so long, in milliseconds. @default {Infinity} */
  idleTimeoutMs?: number;
  /**
   * What is read ahead of the application, over all shards. More hides latency, and uses more memory. Half of it is divided
   * evenly, so that each shard always has its part; of the other half one shard may use twice what it leaves free. Buffered
   * are at most `records`, or one record for each shard if that is more, and at most `bytes` plus one record. What an answer
   * brings above that is read again later. Answers that are still on their way come on top: those ask for as many records
   * as fit by the sizes seen so far. For as long as records wait that were read before more shards were opened, half as much
   * may be buffered in addition.
   * @default {{ records: 50_000, bytes: 33_554_432 }}
   */
  prefetch?: { records?: number; bytes?: number };
  /**
   * Most values that are handed out and not acknowledged; the stream pauses there. Each shard has a part of it, as of
   * `prefetch`, at which it pauses alone. It only matters with a checkpointer. When not one value was acknowledged 5 seconds after the pause began, the stream fails, since this reader does not seem to know
   * that it has to. @default {100_000}
   */
  maxUnacknowledged?: number;
  /**
   * The stream fails when it is paused at `maxUnacknowledged`, as a whole or for one shard, and the value that it waits for
   * has not been acknowledged for so long, in milliseconds: it was probably forgotten, by a filter for example. The error
   * has the code `AcknowledgementMissing` and names the record. Set it above the time that one value may take. After a minute
   * {@linkcode ConsumerHooks.onUnacknowledged} is told. `Infinity`: never. @default {900_000}
   */
  acknowledgeTimeoutMs?: number;
  /**
   * How often progress is stored, in milliseconds. Seldom costs less, often repeats less after a crash. `Infinity`: only at the
   * end of a shard, on close and by {@linkcode Consumer.checkpoint}. @default {1000}
   */
  checkpointIntervalMs?: number;
  /** A worker whose lease stands still for so long has lost its shards, in milliseconds. @default {10_000} */
  failoverTimeMs?: number;
  /** How often a shard is asked for more at its tip, in milliseconds. @default {1000} */
  pollIntervalMs?: number;
  /**
   * GetRecords calls a second for each shard while behind. The service allows 5 for all readers of a shard together: lower it
   * when others read as well. `Infinity`, for a server without that limit, does not pause at all. @default {5}
   */
  readsPerSecond?: number;
  /** Failures in a row, each after the retries of the client, until the stream fails. @default {10} */
  maxAttempts?: number;
  /**
   * What happens to a record that cannot be decoded: `"fail"` errors the stream with a {@linkcode DecodeError}; `"skip"`
   * drops it; a function is told, and awaited, before the record counts as processed. @default {"fail"}
   */
  onPoison?: PoisonPolicy;
  /**
   * What happens when the stream was deleted and created again under its name, so that what is
   * stored is not about this one:
   * `"restart"` puts it aside and reads the new stream from its oldest record (with `from` a
   * `Date`: from then), and the hook `onRecreated` is told; `"fail"` errors the stream with the
   * code `StreamRecreated` and leaves everything as it is.
   * @default {"restart"}
   */
  onRecreated?: RecreatedPolicy;
  /** Told what happens. */
  hooks?: ConsumerHooks;
  /** Closes the consumer; the stream fails with the signal's reason. */
  signal?: AbortSignal;
  /** Time. @default {systemClock} */
  clock?: Clock;
  /** Chance, for jitter and the order of claims. @default {Math.random} */
  random?: () => number;
}

/** Options with every default filled in. */
export interface ResolvedConsumerOptions<T> {
  /** The client. */
  readonly client: KinesisClient;
  /** The stream, in the API's shape. */
  readonly target: { StreamName: string } | { StreamARN: string };
  /** The stream as the user named it. */
  readonly stream: string;
  /** The name of the stream. */
  readonly streamName: string;
  /** The processor. */
  readonly processor: Processor<T>;
  /** The checkpointer; one in memory if none was given. */
  readonly checkpointer: Checkpointer;
  /** Whether the checkpointer is the user's: only then are acknowledgements awaited and leases renewed. */
  readonly durable: boolean;
  /** See {@linkcode ConsumerOptions}. */
  readonly workerId: string;
  /** See {@linkcode ConsumerOptions}. */
  readonly from: StartPosition;
  /** See {@linkcode ConsumerOptions}. */
  readonly until: "caught-up" | undefined;
  /** See {@linkcode ConsumerOptions}. */
  readonly limit: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly idleTimeoutMs: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly prefetchRecords: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly prefetchBytes: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly maxUnacknowledged: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly acknowledgeTimeoutMs: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly checkpointIntervalMs: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly failoverTimeMs: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly pollIntervalMs: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly readsPerSecond: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly maxAttempts: number;
  /** See {@linkcode ConsumerOptions}. */
  readonly onPoison: PoisonPolicy;
  /** See {@linkcode ConsumerOptions}. */
  readonly onRecreated: RecreatedPolicy;
  /** See {@linkcode ConsumerOptions}. */
  readonly hooks: ConsumerHooks | undefined;
  /** See {@linkcode ConsumerOptions}. */
  readonly signal: AbortSignal | undefined;
  /** See {@linkcode ConsumerOptions}. */
  readonly clock: Clock;
  /** See {@linkcode ConsumerOptions}. */
  readonly random: () => number;
}

/** Checks the options and fills in the defaults; the caller's object is not changed. */
export function resolveConsumerOptions<T>(
  options: ConsumerOptions<T>,
): ResolvedConsumerOptions<T> {
  new OptionCheck(WHAT).methods("options", options ?? null);
  const { processor, until } = options;
  const choice = chooseStream(WHAT, options);
  if (typeof processor?.unpack !== "function") {
    throw new TypeError(
      `${WHAT} as 'processor' must be a processor such as json()`,
    );
  }
  if (until !== undefined && until !== "caught-up") {
    throw new TypeError(
      `${WHAT} as 'until' must be "caught-up" or absent: current value is ${
        JSON.stringify(until)
      }`,
    );
  }
  const workerId = options.workerId ?? crypto.randomUUID();
  if (typeof workerId !== "string" || workerId === "") {
    throw new TypeError(
      `${WHAT} as 'workerId' must be a text that is not empty`,
    );
  }
  const onPoison = options.onPoison ?? "fail";
  if (
    onPoison !== "fail" && onPoison !== "skip" && typeof onPoison !== "function"
  ) {
    throw new TypeError(
      `${WHAT} as 'onPoison' must be "fail", "skip" or a function: current value is ${
        JSON.stringify(onPoison)
      }`,
    );
  }
  const onRecreated = options.onRecreated ?? "restart";
  if (onRecreated !== "restart" && onRecreated !== "fail") {
    throw new TypeError(
      `${WHAT} as 'onRecreated' must be "restart" or "fail": current value is ${
        JSON.stringify(onRecreated)
      }`,
    );
  }
  const number = (
    name: string,
    value: number | undefined,
    preset: number,
    least: number,
    most = Infinity,
  ) => {
    if (value === undefined) return preset;
    if (typeof value === "number" && value >= least && value <= most) {
      return value;
    }
    const range = most === Infinity
      ? `${least} or more`
      : `${least} to ${most}`;
    throw new RangeError(
      `${WHAT} as '${name}' must be ${range}: current value is ${
        String(value)
      }`,
    );
  };
  const time = (name: string, value: number | undefined, preset: number) =>
    number(name, value, preset, 1, MAX_TIMER_MS);
  const timeOrNever = (
    name: string,
    value: number | undefined,
    preset: number,
  ) => value === Infinity ? Infinity : time(name, value, preset);
  const { prefetch = {} } = options;
  return {
    client: options.client ?? new KinesisClient(),
    ...choice,
    processor,
    checkpointer: options.checkpointer ?? new MemoryCheckpointer(),
    durable: options.checkpointer !== undefined,
    workerId,
    from: checkFrom(options.from ?? "TRIM_HORIZON"),
    until,
    limit: number("limit", options.limit, Infinity, 1),
    idleTimeoutMs: timeOrNever(
      "idleTimeoutMs",
      options.idleTimeoutMs,
      Infinity,
    ),
    prefetchRecords: number("prefetch.records", prefetch.records, 50_000, 1),
    prefetchBytes: number("prefetch.bytes", prefetch.bytes, 32 << 20, 1),
    maxUnacknowledged: number(
      "maxUnacknowledged",
      options.maxUnacknowledged,
      100_000,
      1,
    ),
    acknowledgeTimeoutMs: timeOrNever(
      "acknowledgeTimeoutMs",
      options.acknowledgeTimeoutMs,
      900_000,
    ),
    checkpointIntervalMs: timeOrNever(
      "checkpointIntervalMs",
      options.checkpointIntervalMs,
      1000,
    ),
    failoverTimeMs: time("failoverTimeMs", options.failoverTimeMs, 10_000),
    pollIntervalMs: time("pollIntervalMs", options.pollIntervalMs, 1000),
    readsPerSecond: number(
      "readsPerSecond",
      options.readsPerSecond,
      SHARD_READS_PER_SECOND,
      0.001,
    ),
    maxAttempts: number("maxAttempts", options.maxAttempts, 10, 1),
    onPoison,
    onRecreated,
    hooks: options.hooks,
    signal: options.signal,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

const WHAT = "Cannot create Consumer";
/** A timer that is longer fires at once, in every runtime. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const POSITIONS = new Set([
  "TRIM_HORIZON",
  "LATEST",
  "AT_TIMESTAMP",
  "SEQUENCE",
  "AT_SEQUENCE_NUMBER",
]);

function checkFrom(from: StartPosition): StartPosition {
  if (from === "TRIM_HORIZON" || from === "LATEST") return from;
  if (from instanceof Date && !Number.isNaN(from.getTime())) return from;
  if (typeof from === "object" && from !== null && !(from instanceof Date)) {
    for (const [shardId, position] of Object.entries(from)) {
      if (POSITIONS.has(position?.type)) continue;
      throw new TypeError(
        `${WHAT} as the position of "${shardId}" in 'from' must have one of the types ${
          [...POSITIONS].join(", ")
        }: current value is ${JSON.stringify(position)}`,
      );
    }
    return from;
  }
  throw new TypeError(
    `${WHAT} as 'from' must be "TRIM_HORIZON", "LATEST", a valid Date or positions by shard id: current value is ${
      String(from)
    }`,
  );
}
