/**
 * Finds out which permissions are missing, with requests that write and read nothing.
 *
 * @module
 */
import { streamOf } from "../_aws/stream_choice.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { CallOptions } from "../_service/options.ts";
import { KinesisError } from "../errors.ts";
import {
  isDenied,
  isDryRun,
  PREFLIGHT,
  type PreflightCalls,
  type Probe,
  probesOf,
} from "./_preflight_probes.ts";

/** Options of {@linkcode KinesisClient.preflight}. */
export interface PreflightOptions {
  /** The name or ARN of the stream. */
  stream: string;
  /** What the program does with the stream. */
  as: "producer" | "consumer";
  /** With `as: "consumer"`: the registered consumer, by name or ARN, if it reads with fan-out. */
  fanOut?: string;
  /** Ends the calls. */
  signal?: AbortSignal;
}

/** Whether a permission is granted. */
export interface PermissionCheck {
  /** The permission, such as `kinesis:PutRecords`. */
  readonly permission: string;
  /** What does not work without it. */
  readonly neededFor: string;
  /** Whether everything fails without it. If not, only what `neededFor` says is missing. */
  readonly required: boolean;
  /**
   * - `allowed`: a request would have succeeded
   * - `denied`: the service refuses; `error` says why and what to do
   * - `unknown`: it could not be found out; `error` says why
   */
  readonly status: "allowed" | "denied" | "unknown";
  /** The reason, unless the permission is granted. */
  readonly error?: Error;
}

/** The answer of {@linkcode KinesisClient.preflight}. */
export interface PreflightReport {
  /** Whether every required permission is allowed. */
  readonly ok: boolean;
  /** The permissions that are denied. */
  readonly missing: readonly string[];
  /** All permissions that were checked. */
  readonly checks: readonly PermissionCheck[];
}

/** Checks all permissions, one after another. */
export async function preflight(
  client: PreflightCalls,
  options: PreflightOptions,
): Promise<PreflightReport> {
  const check = new OptionCheck(PREFLIGHT);
  check.object("options", options ?? null, [
    "stream",
    "as",
    "fanOut",
    "signal",
  ]);
  const choice = streamOf(check, "stream", options.stream);
  const as = check.choice(
    "as",
    options.as,
    ["producer", "consumer"],
    undefined,
  );
  if (!as) {
    throw new TypeError(check.message("as", '"producer" or "consumer"', as));
  }
  const fanOut = check.text("fanOut", options.fanOut);
  if (fanOut !== undefined && as === "producer") {
    throw new TypeError(check.refusal("'fanOut' is only for a consumer"));
  }
  const signal = check.signal("signal", options.signal);
  const checks: PermissionCheck[] = [];
  for (const probe of probesOf({ client, choice, fanOut, as })) {
    checks.push(await perform(probe, { signal }));
  }
  return {
    ok: checks.every(({ required, status }) =>
      !required || status === "allowed"
    ),
    missing: checks.filter(({ status }) => status === "denied")
      .map(({ permission }) => permission),
    checks,
  };
}

async function perform(
  { run, ...facts }: Probe,
  call: CallOptions,
): Promise<PermissionCheck> {
  try {
    await run(call);
    return { ...facts, status: "allowed" };
  } catch (error) {
    if (isDryRun(error)) return { ...facts, status: "allowed" };
    if (isDenied(error)) {
      // The request that was refused may be one that the check needs beforehand.
      const isOwn = error.action === facts.permission.slice("kinesis:".length);
      return { ...facts, status: isOwn ? "denied" : "unknown", error };
    }
    if (error instanceof KinesisError && error.code === "DryRunUnsupported") {
      return { ...facts, status: "unknown", error };
    }
    throw error;
  }
}
