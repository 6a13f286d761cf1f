/**
 * Requests to the services that return credentials, with limits of time and size.
 *
 * @module
 */
import { errorCode, isThrottle, isTransient } from "../_aws/service_error.ts";
import { type Clock, systemClock } from "../_core/clock.ts";
import { startDeadline } from "../_core/deadline.ts";
import { type Fetch, isBlockedPort, isResponse } from "../_core/fetch.ts";
import { isTransientStatus, retryAfterMs } from "../_core/http_retry.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { retry } from "../_core/retry.ts";
import {
  ConnectionError,
  type CredentialsError,
  KinesisError,
  ResponseError,
  TimeoutError,
} from "../errors.ts";
import { retryRules } from "./_retry.ts";
import {
  type Environment,
  systemEnvironment,
  unusable,
} from "./environment.ts";

/** Options that all providers share. */
export interface ProviderOptions {
  /**
   * The function that sends requests.
   * @default {globalThis.fetch}
   */
  fetch?: Fetch;
  /**
   * The variables, files and commands of the machine.
   * @default {systemEnvironment}
   */
  environment?: Environment;
  /** The clock. Default: the clock of the runtime. */
  clock?: Clock;
}

/** {@linkcode ProviderOptions} with their defaults. */
export type ProviderContext = Required<ProviderOptions>;

/** The names of {@linkcode ProviderOptions}. */
const SHARED: Record<keyof ProviderOptions, true> = {
  fetch: true,
  environment: true,
  clock: true,
};

/**
 * Fills in the defaults of {@linkcode ProviderOptions}. `own` are the names of all other options of
 * the function `name`. Further options are refused, because they are probably misspelled.
 *
 * @throws {TypeError} if `options` is not an object or has another option
 */
export function contextOf<O extends ProviderOptions>(
  name: string,
  options: O,
  own: Record<Exclude<keyof O, keyof ProviderOptions>, true>,
): ProviderContext {
  new OptionCheck(`Cannot use ${name}`)
    .object("options", options ?? null, Object.keys({ ...own, ...SHARED }));
  return {
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    environment: options.environment ?? systemEnvironment,
    clock: options.clock ?? systemClock,
  };
}

/** An answer whose body has been read. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body. */
  readonly text: string;
  /** How long the answer asks to wait, in milliseconds. Absent if it does not ask. */
  readonly retryAfterMs?: number;
}

/** A request and its limits. */
export interface HttpRequest {
  /** What the request is for, for messages. Example: `the container's credentials`. */
  readonly what: string;
  /** The URL. Errors show only its origin: its path and query can be secrets. */
  readonly url: URL;
  /**
   * The method.
   * @default {"GET"}
   */
  readonly method?: string;
  /** Headers. */
  readonly headers?: HeadersInit;
  /** The body. */
  readonly body?: string;
  /**
   * The time limit of one attempt, in milliseconds.
   * @default {10_000}
   */
  readonly timeoutMs?: number;
  /**
   * The most attempts, if the service answers that it is busy or broken.
   * @default {3}
   */
  readonly attempts?: number;
  /**
   * Whether to retry also if there is no answer.
   * @default {true}
   */
  readonly retryConnection?: boolean;
}

/** The largest accepted body, in bytes. These services send a few kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Sends a request, with retries. A redirect is an error, since it would send tokens to another
 * host.
 *
 * @throws {ConnectionError | TimeoutError | ResponseError} if no answer of reasonable size arrived
 */
export async function send(
  context: ProviderContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { attempts = 3, retryConnection = true } = request;
  return await retry(() => sendOnce(context, request), {
    ...retryRules(context.clock, attempts, 100),
    mayRetry: (error) =>
      retryConnection && (error as KinesisError).retryable === true,
    isTransient: ({ status }) => isTransientStatus(status),
  });
}

async function sendOnce(
  { fetch, clock }: ProviderContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { what, url, method, headers, body, timeoutMs = 10_000 } = request;
  const message = `Cannot get ${what} from ${url.origin}`;
  const late = new TimeoutError(
    `${message}: no answer within ${timeoutMs} ms`,
    {
      timeoutMs,
    },
  );
  const { signal, clear } = startDeadline(timeoutMs, () => late, { clock });
  // Not redirect: "error", which Workers do not support.
  const init = { method, headers, body, signal, redirect: "manual" } as const;
  try {
    // Enforces the time limit if `fetch` ignores the signal.
    return await raceAbort(exchange(fetch, init, request, clock), signal);
  } catch (error) {
    if (error instanceof KinesisError) throw error;
    if (isBlockedPort(error)) {
      throw unusable(`${message}: 'fetch' refuses port ${url.port}`);
    }
    throw new ConnectionError(`${message}: ${reasonWithout(error, url)}`);
  } finally {
    clear();
  }
}

async function exchange(
  fetch: Fetch,
  init: RequestInit,
  { what, url }: HttpRequest,
  clock: Clock,
): Promise<HttpAnswer> {
  const response: unknown = await fetch(url, init);
  if (!isResponse(response)) {
    throw unusable(
      `Cannot get ${what} from ${url.origin}: 'fetch' resolved with no Response. Check the option 'fetch'`,
    );
  }
  const { status, headers, type } = response;
  if (type === "opaqueredirect" || isRedirect(status)) {
    response.body?.cancel().catch(() => {});
    throw new ResponseError(
      `Cannot get ${what} from ${url.origin}: it answers with a redirect, which is not followed`,
      { status, retryable: false },
    );
  }
  const text = await readText(response, what);
  const asked = retryAfterMs(headers, clock.now());
  return { status, headers, text, retryAfterMs: asked };
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** The reason of a failed fetch. Not its error itself: runtimes put the whole URL into it. */
function reasonWithout(error: unknown, url: URL): string {
  if (!(error instanceof Error)) return String(error);
  const reason = error.message.replaceAll(url.href, url.origin);
  // The error of Node is "fetch failed"; its cause has the code.
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[A-Z_]+$/.test(code)
    ? `${reason} (${code})`
    : reason;
}

async function readText(response: Response, what: string): Promise<string> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      throw new ResponseError(
        `Cannot get ${what}: the answer has more than ${MAX_BODY_BYTES} bytes`,
        { status: response.status, retryable: false },
      );
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Codes that ask to try again later, beside those of all services. IAM Identity Center writes its
 * own codes, and those of OAuth, with status 400.
 */
const LATER_CODES = new Set([
  "AuthorizationPendingException",
  "InternalServerException",
  "SlowDownException",
  "authorization_pending",
  "server_error",
  "slow_down",
  "temporarily_unavailable",
]);

/**
 * The error for an answer without success. It names the code of the answer, and is retryable if the
 * code or the status is transient.
 */
export function refused(what: string, answer: HttpAnswer): CredentialsError {
  const { status } = answer;
  const code = refusalCodeOf(answer);
  const shown = code ? ` (${code})` : "";
  const proxy = status === 407
    ? ". A proxy on the way asks for credentials: exempt this host from it, as with NO_PROXY"
    : "";
  return unusable(`Cannot get ${what}: HTTP status ${status}${shown}${proxy}`, {
    retryable: isTransientStatus(status) || code !== undefined &&
        (LATER_CODES.has(code) || isThrottle(code) ||
          isTransient(code, status)),
  });
}

/**
 * The code of a refusal, for example `invalid_grant` or `UnauthorizedException`. A text that is
 * longer than a code, or has other characters, might be a secret and counts as none.
 */
export function refusalCodeOf(
  { headers, text }: HttpAnswer,
): string | undefined {
  let body: Record<string, unknown> = {};
  try {
    body = parseSecretJson("", text);
  } catch {
    // Not every refusal has a body in JSON.
  }
  for (
    const type of [
      body.error,
      body.__type,
      body.code,
      headers.get("x-amzn-errortype"),
    ]
  ) {
    const code = typeof type === "string" ? errorCode(type) : undefined;
    if (code && /^[a-z_]{1,60}$/i.test(code)) return code;
  }
  return undefined;
}

/**
 * Checks that a secret can be the value of a header. Some runtimes show an invalid value in their
 * error.
 *
 * @throws {CredentialsError} if it cannot; without the secret
 */
export function secretHeader(what: string, value: string): string {
  if (/^[ -~]*$/.test(value)) return value;
  throw unusable(
    `Cannot use ${what}: it has a line break or another character that is not printable ASCII`,
  );
}

/**
 * Parses a JSON object that contains secrets.
 *
 * @throws {CredentialsError} if it is not a JSON object; without the text or the message of
 * `JSON.parse`, which may show a secret
 */
export function parseSecretJson(
  what: string,
  text: string,
): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(`Cannot read ${what}: not valid JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unusable(`Cannot read ${what}: not a JSON object`);
  }
  return value as Record<string, unknown>;
}
