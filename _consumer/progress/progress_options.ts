/**
 * The options of reading and changing the stored progress of consumers.
 *
 * @module
 */
import { chooseStream, type StreamChoice } from "../../_aws/stream_choice.ts";
import type { Clock } from "../../_core/clock.ts";
import { OptionCheck } from "../../_core/option_check.ts";
import { timeOption } from "../../_core/time_option.ts";
import { signalOption } from "../../_core/signal_option.ts";
import { resolveOutside } from "../../_core/outside_options.ts";
import type { Checkpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import type { ConsumerClient } from "../options/options.ts";

/** Options of {@linkcode checkpointStatus} and {@linkcode resetCheckpoints}. */
export interface ProgressOptions {
  /** Where the progress is stored. Give it the same options as that of the consumers. */
  checkpointer: Checkpointer;
  /** The client that lists the shards. Default: `new KinesisClient()`. */
  client?: ConsumerClient;
  /** The name of the stream, if the consumers were given the name. */
  streamName?: string;
  /** The ARN of the stream, if the consumers were given the ARN. */
  streamARN?: string;
  /**
   * The `failoverTimeMs` of the consumers, in milliseconds. A lease whose counter stands still for so
   * long has no running holder. Leases with an owner are watched until their counters move, and for
   * this long at most: running workers move them every third of it.
   * @default {10_000}
   */
  failoverTimeMs?: number;
  /** Tells the time and sets timers. Default: the clock of the runtime. */
  clock?: Clock;
  /** Ends the call, which then rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** The options with their defaults. */
export interface ResolvedProgressOptions
  extends
    Required<Omit<ProgressOptions, "streamName" | "streamARN" | "signal">> {
  /** The stream as a member of requests. */
  readonly target: StreamChoice["target"];
  /** The stream as the consumers were given it. */
  readonly stream: string;
  /** Never aborts if no signal was given. */
  readonly signal: AbortSignal;
  /** Longest time of a list of shards, in milliseconds. */
  readonly stallTimeoutMs: number;
}

const CHECKPOINTER_METHODS = [
  "list",
  "create",
  "take",
  "release",
  "replace",
  "delete",
] as const;
/** The names of the options that all functions have. */
const OPTIONS: Record<keyof ProgressOptions, true> = {
  checkpointer: true,
  client: true,
  streamName: true,
  streamARN: true,
  failoverTimeMs: true,
  clock: true,
  signal: true,
};
const STALL_TIMEOUT_MS = 120_000;

/** Checks the options and fills in the defaults. `what` starts the error messages. */
export function resolveProgressOptions(
  what: string,
  options: ProgressOptions,
  others: readonly string[] = [],
): ResolvedProgressOptions {
  const check = new OptionCheck(what);
  check.object("options", options ?? null, [
    ...Object.keys(OPTIONS),
    ...others,
  ]);
  const { target, stream } = chooseStream(check, options);
  const { checkpointer } = options;
  if (checkpointer === undefined) {
    throw new TypeError(check.refusal("'checkpointer' is missing"));
  }
  check.methods("checkpointer", checkpointer, ...CHECKPOINTER_METHODS);
  const client = check.methods("client", options.client, "listAllShards");
  const { clock } = resolveOutside(check, { clock: options.clock }, []);
  return {
    ...{ checkpointer, target, stream, clock },
    client: client ?? new KinesisClient(),
    failoverTimeMs: timeOption(
      check,
      "failoverTimeMs",
      options.failoverTimeMs,
      {
        default: 10_000,
      },
    ),
    signal: signalOption(check, options) ??
      new AbortController().signal,
    stallTimeoutMs: STALL_TIMEOUT_MS,
  };
}
