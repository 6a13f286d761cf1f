/**
 * What a client can be told, and the defaults.
 *
 * @module
 */
import { type Clock, systemClock } from "../_core/clock.ts";
import type { Fetch } from "../_core/fetch.ts";
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import {
  type Credentials,
  type CredentialsProvider,
  type Environment,
  systemEnvironment,
} from "../credentials/mod.ts";
import type { ClientHooks } from "../hooks.ts";

/** How calls are tried again. */
export interface RetryOptions {
  /** Attempts a call, the first one included; 1 means no retries. @default {3} */
  maxAttempts?: number;
  /** Upper bound of one delay, in milliseconds. @default {20_000} */
  maxDelayMs?: number;
}

export type { Fetch };

/** How requests and answers are written; both carry the same. */
export type Protocol = "json" | "cbor";

/** What is done with the account of the credentials. */
export type AccountIdEndpointMode = "preferred" | "disabled" | "required";

/** Options of a {@linkcode KinesisClient}; every one is optional. */
export interface KinesisClientOptions {
  /**
   * The region. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's in the shared files, where the runtime has
   * them; with a custom endpoint and none of these, `us-east-1`.
   */
  region?: string;
  /**
   * Where requests go, in place of the region's endpoint: an emulator, a proxy, a private endpoint. Default:
   * `AWS_ENDPOINT_URL_KINESIS`, then `AWS_ENDPOINT_URL`, then `endpoint_url` of the profile's `services` for `kinesis`, then
   * that of the profile; none of them if `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` or the profile's
   * `ignore_configured_endpoint_urls` is `true`.
   */
  endpoint?: string | URL;
  /** Endpoints with FIPS-validated cryptography; not with `endpoint`. @default {AWS_USE_FIPS_ENDPOINT, the profile's, else false} */
  useFips?: boolean;
  /** Endpoints that answer over IPv6 too; not with `endpoint`. @default {AWS_USE_DUALSTACK_ENDPOINT, the profile's, else false} */
  useDualStack?: boolean;
  /**
   * What is done with the account of the credentials, where they name one. `preferred`: requests that name no ARN go to the
   * endpoint of that account; `required`: and fail where no account is known; `disabled`: they go to that of the region.
   * A custom endpoint is used as it is. @default {AWS_ACCOUNT_ID_ENDPOINT_MODE, else "preferred"}
   */
  accountIdEndpointMode?: AccountIdEndpointMode;
  /**
   * Credentials, or an async function that returns them. A function whose credentials have an `expiration` is asked again
   * shortly before that, any other before every attempt. One that does not answer within `timeoutMs` is asked again by the
   * next attempt. Default: {@linkcode defaultCredentials}.
   */
  credentials?: Credentials | CredentialsProvider;
  /**
   * The encoding. `cbor` is a quarter smaller and cheaper to write, sign and read; `json` is what every
   * emulator understands. @default {"json"}
   */
  protocol?: Protocol;
  /** The function that sends requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** How calls are tried again. */
  retry?: RetryOptions;
  /** Longest time of one attempt until the last byte of its answer, in milliseconds. Retries come on top. @default {30_000} */
  timeoutMs?: number;
  /** Allows plain `http` to other hosts than this one: the signature protects a request, nothing hides the records. @default {false} */
  allowHttp?: boolean;
  /** Variables and files that region, endpoint and credentials are looked up in. Default: those of the runtime. */
  environment?: Environment;
  /** Told about every attempt. */
  hooks?: ClientHooks;
  /** Time. @default {systemClock} */
  clock?: Clock;
  /** Chance, for jitter. @default {Math.random} */
  random?: () => number;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call and its retries; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Overrides the client's `timeoutMs`. */
  timeoutMs?: number;
  /** Overrides the client's `retry.maxAttempts`. */
  maxAttempts?: number;
}

/** Options with every default filled in. */
export interface ResolvedClientOptions {
  /** The region, if given. */
  readonly region?: string;
  /** The custom endpoint, if given. */
  readonly endpoint?: URL;
  /** Whether FIPS endpoints are used, if given. */
  readonly useFips?: boolean;
  /** Whether dual-stack endpoints are used, if given. */
  readonly useDualStack?: boolean;
  /** What is done with the account of the credentials, if given. */
  readonly accountIdEndpointMode?: AccountIdEndpointMode;
  /** Where credentials come from, if given. */
  readonly credentials?: Credentials | CredentialsProvider;
  /** The encoding. */
  readonly protocol: Protocol;
  /** Sends requests. */
  readonly fetch: Fetch;
  /** Attempts a call. */
  readonly maxAttempts: number;
  /** Bound of one delay. */
  readonly maxDelayMs: number;
  /** Time limit of one attempt. */
  readonly timeoutMs: number;
  /** Whether plain http is allowed everywhere. */
  readonly allowHttp: boolean;
  /** Variables and files. */
  readonly environment: Environment;
  /** Hooks, if given. */
  readonly hooks?: ClientHooks;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: () => number;
}

/** Timers of the runtimes take anything longer than these 24 days for no delay at all. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Checks the options and fills in the defaults; the caller's object is not changed. */
export function resolveClientOptions(
  options: KinesisClientOptions,
): ResolvedClientOptions {
  checkShapes(options);
  const { retry = {}, protocol = "json" } = options;
  if (protocol !== "json" && protocol !== "cbor") {
    throw new TypeError(
      `${WHAT} as 'protocol' must be "json" or "cbor": current value is ${
        JSON.stringify(protocol)
      }`,
    );
  }
  return {
    region: checkRegion(options.region),
    endpoint: checkEndpoint(options),
    useFips: options.useFips,
    useDualStack: options.useDualStack,
    accountIdEndpointMode: checkAccountMode(
      `${WHAT} as 'accountIdEndpointMode'`,
      options.accountIdEndpointMode,
    ),
    credentials: options.credentials,
    protocol,
    // Looked up at the call, so that a fetch that is replaced later is seen.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    maxAttempts: checkInteger("retry.maxAttempts", retry.maxAttempts ?? 3, 1),
    maxDelayMs: Math.min(
      checkPositive("retry.maxDelayMs", retry.maxDelayMs ?? 20_000),
      LONGEST_DELAY_MS,
    ),
    timeoutMs: checkPositive("timeoutMs", options.timeoutMs ?? 30_000),
    allowHttp: options.allowHttp ?? false,
    environment: options.environment ?? systemEnvironment,
    hooks: options.hooks,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/**
 * Checks what a single call was given.
 *
 * @throws {RangeError} if a number is out of its range
 */
export function checkCallOptions(action: string, options: CallOptions): void {
  const { timeoutMs, maxAttempts } = options;
  const what = `Cannot ${action}`;
  if (timeoutMs !== undefined) checkPositive("timeoutMs", timeoutMs, what);
  if (maxAttempts !== undefined) {
    checkInteger("maxAttempts", maxAttempts, 1, what);
  }
}

/**
 * The silence that a subscription bears, in milliseconds.
 *
 * @throws {RangeError} if it is out of its range
 */
export function checkIdleTimeout(
  { idleTimeoutMs = 15_000 }: { idleTimeoutMs?: number },
): number {
  checkPositive("idleTimeoutMs", idleTimeoutMs, "Cannot SubscribeToShard");
  return Math.min(idleTimeoutMs, LONGEST_DELAY_MS);
}

const WHAT = "Cannot create KinesisClient";

/** What calls would only trip over later, without a word on which option it was. */
function checkShapes(options: KinesisClientOptions): void {
  const has = (value: unknown, ...methods: string[]) =>
    typeof value === "object" && value !== null &&
    methods.every((name) =>
      typeof (value as Record<string, unknown>)[name] === "function"
    );
  const check = (
    name: keyof KinesisClientOptions,
    isRight: (value: unknown) => boolean,
    rule: string,
  ) => {
    const value: unknown = options[name];
    if (value === undefined || isRight(value)) return;
    // Without the value, which may be a secret.
    throw new TypeError(`${WHAT} as '${name}' must be ${rule}`);
  };
  for (const name of ["useFips", "useDualStack", "allowHttp"] as const) {
    check(name, (value) => typeof value === "boolean", "true or false");
  }
  for (const name of ["fetch", "random"] as const) {
    check(name, (value) => typeof value === "function", "a function");
  }
  check(
    "credentials",
    (value) => typeof value === "function" || has(value),
    "an object with keys, or a function that resolves with one",
  );
  check("retry", (value) => has(value), "an object");
  check(
    "environment",
    (value) => has(value, "env", "readTextFile"),
    "an object with the methods env and readTextFile",
  );
  check(
    "clock",
    (value) => has(value, "now", "setTimeout", "clearTimeout"),
    "an object with the methods now, setTimeout and clearTimeout",
  );
}

function checkRegion(region: string | undefined): string | undefined {
  if (region === undefined) return undefined;
  if (typeof region === "string" && /^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) {
    return region;
  }
  throw new TypeError(
    `${WHAT} as 'region' must be a name such as "eu-west-1": current value is ${
      JSON.stringify(region)
    }`,
  );
}

/**
 * A mode, if one was given.
 *
 * @throws {TypeError} if it is none
 */
export function checkAccountMode(
  what: string,
  mode: string | undefined,
): AccountIdEndpointMode | undefined {
  switch (mode) {
    case undefined:
    case "preferred":
    case "disabled":
    case "required":
      return mode;
  }
  throw new TypeError(
    `${what} must be "preferred", "disabled" or "required": current value is ${
      JSON.stringify(mode)
    }`,
  );
}

function checkEndpoint(options: KinesisClientOptions): URL | undefined {
  const { endpoint, allowHttp } = options;
  if (endpoint === undefined) return undefined;
  for (const option of ["useFips", "useDualStack"] as const) {
    if (options[option]) {
      throw new TypeError(
        `${WHAT} with '${option}' and 'endpoint': the endpoint is used as it is, so set one of them only`,
      );
    }
  }
  try {
    return parseEndpointUrl("endpoint", endpoint, allowHttp);
  } catch (error) {
    const { message } = error as RangeError;
    throw new TypeError(rephrase(message, WHAT));
  }
}

/** Says of a refused value what could not be done with it. */
export function rephrase(message: string, what: string): string {
  return message
    .replace(/^Cannot use ('\w+') as it /, `${what} as $1 `)
    .replace(/^Cannot use /, `${what} with `)
    .replace(/^Cannot find the endpoint /, `${what} `);
}

function checkInteger(
  name: string,
  value: number,
  least: number,
  what = WHAT,
): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(
    `${what} as '${name}' must be an integer of ${least} or more: current value is ${value}`,
  );
}

function checkPositive(name: string, value: number, what = WHAT): number {
  if (typeof value === "number" && value > 0) return value;
  throw new RangeError(
    `${what} as '${name}' must be more than 0: current value is ${value}`,
  );
}
