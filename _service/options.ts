/**
 * The options that the requests to every AWS service share, and their defaults.
 *
 * @module
 */
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import type { Clock } from "../_core/clock.ts";
import type { Fetch } from "../_core/fetch.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { resolveOutside } from "../_core/outside_options.ts";
import {
  type Credentials,
  type CredentialsProvider,
  type Environment,
  systemEnvironment,
} from "../credentials/mod.ts";
import { KinesisError } from "../errors.ts";
import type { ClientHooks } from "../hooks.ts";

/** How failed calls are retried. */
export interface RetryOptions {
  /**
   * Attempts of one call, including the first; 1 means no retries.
   * @default {3}
   */
  maxAttempts?: number;
  /**
   * Longest delay before a retry, in milliseconds.
   * @default {20_000}
   */
  maxDelayMs?: number;
}

/** Whether requests go to the endpoint of the credentials' account. */
export type AccountIdEndpointMode = "preferred" | "disabled" | "required";

/** The values of {@linkcode AccountIdEndpointMode}. */
export const ACCOUNT_ID_ENDPOINT_MODES: readonly AccountIdEndpointMode[] = [
  "preferred",
  "disabled",
  "required",
];

/** Options of the requests to an AWS service. All are optional. */
export interface ServiceOptions {
  /**
   * The region. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the region of the profile in
   * the shared files. With a custom endpoint and none of these: `us-east-1`.
   */
  region?: string;
  /**
   * The URL that requests are sent to, in place of the endpoint of the region: an emulator, a proxy
   * or a private endpoint.
   */
  endpoint?: string | URL;
  /**
   * Whether to use endpoints with FIPS-validated cryptography. Excludes `endpoint`.
   * @default {AWS_USE_FIPS_ENDPOINT, then the profile, then false}
   */
  useFips?: boolean;
  /**
   * Whether to use endpoints that are also reachable over IPv6. Excludes `endpoint`.
   * @default {AWS_USE_DUALSTACK_ENDPOINT, then the profile, then false}
   */
  useDualStack?: boolean;
  /**
   * Credentials, or an async function that returns them. If the credentials of a function have an
   * `expiration`, the function is called again shortly before that time; if they have none, it is
   * called before every attempt. If the function does not settle within `timeoutMs`, the next
   * attempt calls it again. Default: {@linkcode defaultCredentials}.
   */
  credentials?: Credentials | CredentialsProvider;
  /**
   * The function that sends requests.
   * @default {globalThis.fetch}
   */
  fetch?: Fetch;
  /** How failed calls are retried. */
  retry?: RetryOptions;
  /**
   * Longest time of one attempt, from its start to the last byte of the answer, in milliseconds:
   * 1 to 2 147 483 647, or `Infinity`. Each retry has this time again. If a request asks the
   * service to wait, as `receiveQueueRecords` does, the time starts after the wait.
   * @default {30_000}
   */
  timeoutMs?: number;
  /**
   * Whether plain `http` to other machines is allowed. Signatures protect requests from being
   * changed, but the network can read the records.
   * @default {false}
   */
  allowHttp?: boolean;
  /**
   * The variables and files that region, endpoint and credentials are read from. Default: those of
   * the runtime.
   */
  environment?: Environment;
  /** Called with facts about every attempt. */
  hooks?: ClientHooks;
  /**
   * The clock.
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * A source of random numbers from 0 to 1, for jitter.
   * @default {Math.random}
   */
  random?: () => number;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call and its retries. The call rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Overrides `timeoutMs` of the client. */
  timeoutMs?: number;
  /** Overrides `retry.maxAttempts` of the client. */
  maxAttempts?: number;
}

type Defaulted =
  | "fetch"
  | "timeoutMs"
  | "allowHttp"
  | "environment"
  | "clock"
  | "random";

/** The options with their defaults. */
export type ResolvedServiceOptions = Readonly<
  & Omit<ServiceOptions, Defaulted | "endpoint" | "retry">
  & Required<Pick<ServiceOptions, Defaulted>>
  & Required<RetryOptions>
  & { endpoint?: URL; accountIdEndpointMode?: AccountIdEndpointMode }
>;

/**
 * Checks the options and fills in the defaults. Does not change the caller's object. `what` starts
 * the error messages, for example `Cannot create KinesisClient`. `others` are names of further
 * options; all others are refused, because they are probably misspelled.
 */
export function resolveServiceOptions(
  what: string,
  options: ServiceOptions,
  others: readonly string[] = [],
): ResolvedServiceOptions {
  requireWebCrypto(what);
  const check = new OptionCheck(what);
  check.object("options", options, [...Object.keys(OPTIONS), ...others]);
  const { credentials } = options;
  if (typeof credentials !== "function") {
    check.methods("credentials", credentials);
  }
  const retry = check.object("retry", options.retry, RETRY) ?? {};
  const environment = check.methods(
    "environment",
    options.environment,
    "env",
    "readTextFile",
  );
  return {
    region: checkRegion(check, options.region),
    endpoint: checkEndpoint(what, options),
    useFips: check.type("useFips", options.useFips, "boolean"),
    useDualStack: check.type("useDualStack", options.useDualStack, "boolean"),
    credentials,
    // Looks up the global fetch at each call, so that a fetch that is replaced later is used.
    fetch: check.type("fetch", options.fetch, "function") ??
      ((input, init) => fetch(input, init)),
    maxAttempts: check.number("retry.maxAttempts", retry.maxAttempts, {
      ...ATTEMPTS,
      default: 3,
    }),
    maxDelayMs: timeOption(check, "retry.maxDelayMs", retry.maxDelayMs, {
      default: 20_000,
    }),
    timeoutMs: timeOption(check, "timeoutMs", options.timeoutMs, {
      default: 30_000,
      orNever: true,
    }),
    allowHttp: check.type("allowHttp", options.allowHttp, "boolean") ?? false,
    environment: environment ?? systemEnvironment,
    ...resolveOutside(check, options, ["onAttempt"]),
  };
}

/** Old runtimes would fail at the first request, with "crypto is not defined". */
function requireWebCrypto(what: string): void {
  if (globalThis.crypto?.subtle) return;
  throw new KinesisError(
    `${what} as this runtime has no Web Crypto (globalThis.crypto): Node.js 20.11 or later is needed, ` +
      "and in a browser a page from https or localhost",
    { code: "UnsupportedRuntime" },
  );
}

/** The names of all options. */
const OPTIONS: Record<keyof ServiceOptions, true> = {
  region: true,
  endpoint: true,
  useFips: true,
  useDualStack: true,
  credentials: true,
  fetch: true,
  retry: true,
  timeoutMs: true,
  allowHttp: true,
  environment: true,
  hooks: true,
  clock: true,
  random: true,
};
const RETRY: readonly (keyof RetryOptions)[] = ["maxAttempts", "maxDelayMs"];
const ATTEMPTS = { least: 1, integer: true };

/**
 * Fills in the options of a single call from those of the client.
 *
 * @throws {RangeError} if a number is out of its range
 */
export function resolveCallOptions(
  action: string,
  options: CallOptions,
  defaults: Required<Omit<CallOptions, "signal">>,
): Required<Omit<CallOptions, "signal">> {
  const check = new OptionCheck(`Cannot ${action}`);
  return {
    timeoutMs: timeOption(check, "timeoutMs", options.timeoutMs, {
      default: defaults.timeoutMs,
      orNever: true,
    }),
    maxAttempts: check.number("maxAttempts", options.maxAttempts, {
      ...ATTEMPTS,
      default: defaults.maxAttempts,
    }),
  };
}

function checkRegion(
  check: OptionCheck,
  region: string | undefined,
): string | undefined {
  if (region === undefined) return undefined;
  if (typeof region === "string" && /^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) {
    return region;
  }
  throw new TypeError(
    check.message("region", 'a name such as "eu-west-1"', region),
  );
}

function checkEndpoint(
  what: string,
  options: ServiceOptions,
): URL | undefined {
  const { endpoint, allowHttp = false } = options;
  if (endpoint === undefined) return undefined;
  for (const option of ["useFips", "useDualStack"] as const) {
    if (options[option]) {
      throw new TypeError(
        `${what} with '${option}' and 'endpoint': the endpoint is used as it is, so set one of them only`,
      );
    }
  }
  return parseEndpointUrl(`${what} as 'endpoint'`, endpoint, allowHttp);
}
