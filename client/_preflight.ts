/**
 * Finds out which permissions are missing, with requests that write and read nothing.
 *
 * @module
 */
import { streamOf } from "../_aws/stream_choice.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { signalOption } from "../_core/signal_option.ts";
import type { CallOptions } from "../_service/options.ts";
import { KinesisError } from "../errors.ts";
import {
  isDenied,
  isDryRun,
  isKeyRefused,
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
  /**
   * The reason, unless the permission is granted. Also with `allowed`, if the request was refused
   * for the key of the stream: then another check is about the key.
   */
  readonly error?: Error;
}

/** The answer of {@linkcode KinesisClient.preflight}. */
export interface PreflightReport {
  /** Whether every required permission is allowed. */
  readonly ok: boolean;
  /** The permissions that are denied. */
  readonly missing: readonly string[];
  /** The permissions that could not be found out; `error` of their check says why. */
  readonly unknown: readonly string[];
  /** All permissions that were checked. */
  readonly checks: readonly PermissionCheck[];
}

/** Codes of errors because of which a permission cannot be found out. */
const UNKNOWABLE: ReadonlySet<string> = new Set([
  "DryRunUnsupported",
  "DryRunUnverified",
  "NotRegistered",
]);

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
  const signal = signalOption(check, options);
  const checks: PermissionCheck[] = [];
  for (const probe of probesOf({ client, choice, fanOut, as })) {
    const checked = await perform(probe, { signal });
    checks.push(checked);
    const key = keyCheck(checked, as);
    if (
      key && !checks.some(({ permission }) => permission === key.permission)
    ) {
      checks.push(key);
    }
  }
  const named = (wanted: PermissionCheck["status"]) =>
    checks.filter(({ status }) => status === wanted)
      .map(({ permission }) => permission);
  return {
    ok: checks.every(({ required, status }) =>
      !required || status === "allowed"
    ),
    missing: named("denied"),
    unknown: named("unknown"),
    checks,
  };
}

/** The check of the key of an encrypted stream, if a request was refused because of it. */
function keyCheck(
  { error }: PermissionCheck,
  as: PreflightOptions["as"],
): PermissionCheck | undefined {
  if (!isKeyRefused(error)) return undefined;
  return {
    permission: as === "producer" ? "kms:GenerateDataKey" : "kms:Decrypt",
    neededFor: "the key that encrypts the stream",
    required: true,
    status: "denied",
    error,
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
    // The key is asked for after the permission of the action was found.
    if (isKeyRefused(error)) return { ...facts, status: "allowed", error };
    if (isDenied(error)) {
      // The request that was refused may be one that the check needs beforehand.
      const isOwn = error.action === facts.permission.slice("kinesis:".length);
      return { ...facts, status: isOwn ? "denied" : "unknown", error };
    }
    if (error instanceof KinesisError && UNKNOWABLE.has(error.code)) {
      return { ...facts, status: "unknown", error };
    }
    throw error;
  }
}
