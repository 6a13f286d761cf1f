/**
 * Small bounded requests to the services that hand out credentials.
 *
 * @module
 */
import { errorCode, isThrottle, isTransient } from "../_aws/service_error.ts";
import { type Clock, delay, systemClock } from "../_core/clock.ts";
import { type Fetch, isBlockedPort, isResponse } from "../_core/fetch.ts";
import {
  askedToWaitMs,
  isTransientStatus,
  retryAfterMs,
} from "../_core/http_retry.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import {
  ConnectionError,
  type CredentialsError,
  KinesisError,
  ResponseError,
  TimeoutError,
} from "../errors.ts";
import {
  type Environment,
  systemEnvironment,
  unusable,
} from "./environment.ts";

/** What every provider can be given in place of the real world. */
export interface ProviderOptions {
  /** Sends requests. Default: the global `fetch`. */
  fetch?: Fetch;
  /** Variables, files and commands. Default: those of the runtime. */
  environment?: Environment;
  /** Time. Default: that of the runtime. */
  clock?: Clock;
}

/** {@linkcode ProviderOptions} with nothing missing. */
export type ProviderContext = Required<ProviderOptions>;

/** Fills in the defaults. */
export function contextOf(options: ProviderOptions): ProviderContext {
  new OptionCheck("Cannot look up credentials").methods("options", options);
  return {
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    environment: options.environment ?? systemEnvironment,
    clock: options.clock ?? systemClock,
  };
}

/** A whole answer. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body. */
  readonly text: string;
  /** How long it asks to wait, in milliseconds; absent if it does not ask. */
  readonly retryAfterMs?: number;
}

/** How a request is sent. */
export interface HttpRequest {
  /** What is asked, for messages, for example `the container's credentials`. */
  readonly what: string;
  /** The address. Only its origin shows in errors: paths and queries of these services can be secrets. */
  readonly url: URL;
  /** Default: GET. */
  readonly method?: string;
  /** Headers. */
  readonly headers?: HeadersInit;
  /** The body. */
  readonly body?: string;
  /** Time limit of one attempt in milliseconds. @default {10_000} */
  readonly timeoutMs?: number;
  /** How many times it is tried when the service says that it is busy or broken. @default {3} */
  readonly attempts?: number;
  /** Whether it is tried again also when nothing answers. @default {true} */
  readonly retryConnection?: boolean;
}

/** Answers of these services have a few kilobytes; more is somebody else's page. */
const MAX_BODY_BYTES = 1024 * 1024;
const FIRST_DELAY_MS = 100;
/** Longest wait that an answer can ask for. */
export const LONGEST_DELAY_MS = 20_000;

/**
 * Sends a request, a few times if need be. Redirects are refused, since tokens must not follow them.
 *
 * @throws {ConnectionError | TimeoutError | ResponseError} if no answer of reasonable size arrived
 */
export async function send(
  context: ProviderContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { attempts = 3, retryConnection = true } = request;
  const { clock } = context;
  for (let attempt = 1;; attempt++) {
    const isLast = attempt >= attempts;
    let asked = 0;
    try {
      const answer = await sendOnce(context, request);
      if (isLast || !isTransientStatus(answer.status)) return answer;
      asked = askedToWaitMs(answer, LONGEST_DELAY_MS);
    } catch (error) {
      if (isLast || !retryConnection || !(error as KinesisError).retryable) {
        throw error;
      }
    }
    const wait = FIRST_DELAY_MS * 2 ** (attempt - 1);
    await delay(Math.max(wait, asked), { clock });
  }
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
  const controller = new AbortController();
  const { signal } = controller;
  const timer = clock.setTimeout(() => controller.abort(late), timeoutMs);
  // Not "error" for redirects, which Workers do not know.
  const init = { method, headers, body, signal, redirect: "manual" } as const;
  try {
    // The time limit holds for a `fetch` that knows nothing of signals too.
    return await raceAbort(exchange(fetch, init, request, clock), signal);
  } catch (error) {
    if (error instanceof KinesisError) throw error;
    if (isBlockedPort(error)) {
      throw unusable(`${message}: 'fetch' refuses port ${url.port}`);
    }
    throw new ConnectionError(`${message}: ${reasonWithout(error, url)}`);
  } finally {
    clock.clearTimeout(timer);
    // Whatever is left of the body is not wanted.
    controller.abort(late);
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

/** What fetch complains about. Its error itself is not passed on: runtimes put the whole URL into it. */
function reasonWithout(error: unknown, url: URL): string {
  if (!(error instanceof Error)) return String(error);
  const reason = error.message.replaceAll(url.href, url.origin);
  // Node says "fetch failed" and keeps the reason one level down.
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
 * own, and those of OAuth, with status 400.
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
 * The error for a status that is not the one of success. It names the code of the answer.
 *
 * @returns one that may be tried again if the code or the status says so
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
 * The code of a refusal, for example `invalid_grant` or `UnauthorizedException`. Anything that is
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

/** Makes sure that a secret can be a header: some runtimes show the value of one that cannot in their error. */
export function secretHeader(what: string, value: string): string {
  if (/^[ -~]*$/.test(value)) return value;
  throw unusable(
    `Cannot use ${what}: it has a line break or another character that is not printable ASCII`,
  );
}

/** Parses a JSON object. Never shows the text: it holds secrets, and so do the messages of `JSON.parse`. */
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
