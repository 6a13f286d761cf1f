/**
 * What a client can be told, and the defaults.
 *
 * @module
 */
import { type Clock, systemClock } from "../_core/clock.ts";
import type { Credentials, CredentialsProvider } from "../credentials/mod.ts";
import type { ClientHooks } from "../hooks.ts";

/** How calls are tried again. */
export interface RetryOptions {
  /** Attempts a call, the first one included; 1 means no retries. @default {3} */
  maxAttempts?: number;
  /** Upper bound of one delay, in milliseconds. @default {20_000} */
  maxDelayMs?: number;
}

/** The shape of `fetch` that this library needs. */
export type Fetch = (
  input: string | URL,
  init?: RequestInit,
) => Promise<Response>;

/** Options of a {@linkcode KinesisClient}; every one is optional. */
export interface KinesisClientOptions {
  /** The region. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`, where the runtime has an environment. */
  region?: string;
  /** Where requests go, in place of the region's endpoint: an emulator, a proxy, a private endpoint. */
  endpoint?: string | URL;
  /** Credentials, or an async function that returns them and is asked before every call. Default: the environment. */
  credentials?: Credentials | CredentialsProvider;
  /** The function that sends requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** How calls are tried again. */
  retry?: RetryOptions;
  /** Longest time of one attempt until the last byte of its answer, in milliseconds. Retries come on top. @default {30_000} */
  timeoutMs?: number;
  /** Allows plain `http` to other hosts than this one: the signature protects a request, nothing hides the records. @default {false} */
  allowHttp?: boolean;
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
  /** Where credentials come from, if given. */
  readonly credentials?: CredentialsProvider;
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
  const { retry = {}, credentials } = options;
  return {
    region: checkRegion(options.region),
    endpoint: checkEndpoint(options.endpoint),
    credentials: typeof credentials === "object"
      ? () => Promise.resolve(credentials)
      : credentials,
    // Looked up at the call, so that a fetch that is replaced later is seen.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    maxAttempts: checkInteger("retry.maxAttempts", retry.maxAttempts ?? 3, 1),
    maxDelayMs: Math.min(
      checkPositive("retry.maxDelayMs", retry.maxDelayMs ?? 20_000),
      LONGEST_DELAY_MS,
    ),
    timeoutMs: checkPositive("timeoutMs", options.timeoutMs ?? 30_000),
    allowHttp: options.allowHttp ?? false,
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

const WHAT = "Cannot create KinesisClient";

function checkRegion(region: string | undefined): string | undefined {
  if (region === undefined || /^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) {
    return region;
  }
  throw new TypeError(
    `${WHAT} as 'region' must be a name such as "eu-west-1": current value is ${
      JSON.stringify(region)
    }`,
  );
}

function checkEndpoint(endpoint: string | URL | undefined): URL | undefined {
  if (endpoint === undefined) return undefined;
  let url: URL | undefined;
  try {
    url = new URL(endpoint);
  } catch {
    // Reported below.
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new TypeError(
    `${WHAT} as 'endpoint' must be an http or https URL: current value is ${
      JSON.stringify(String(endpoint))
    }`,
  );
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
  if (value > 0) return value;
  throw new RangeError(
    `${what} as '${name}' must be more than 0: current value is ${value}`,
  );
}
