/**
 * The type of `fetch`, so that the network can be passed as a parameter.
 *
 * @module
 */

/** The part of `fetch` that this library uses. */
export type Fetch = (
  input: string | URL,
  init?: RequestInit,
) => Promise<Response>;

/** Whether what a `fetch` resolved with can be read: one that was written for a test may forget to return anything. */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers } = value as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

/** The words of Node (one level down), and of Deno. */
const BLOCKED_PORT = /^bad port$|requests to port \d+ are blocked/i;
/** The same for a proxy. */
const PROXY_REFUSES = /proxy response \(407\)|proxy authorization required/i;

/**
 * Whether `fetch` failed since it never connects to a port, such as 6000 or 6667.
 *
 * @see {@link https://fetch.spec.whatwg.org/#port-blocking}
 */
export function isBlockedPort(error: unknown): boolean {
  return says(error, BLOCKED_PORT);
}

/** Whether `fetch` failed since the proxy that makes the connection asks for credentials. */
export function isRefusedByProxy(error: unknown): boolean {
  return says(error, PROXY_REFUSES);
}

function says(error: unknown, words: RegExp): boolean {
  // Runtimes keep the reason some levels down; a cause may well be its own cause.
  for (let cause = error, depth = 0; depth < 5; depth++) {
    if (!(cause instanceof Error)) return false;
    if (words.test(cause.message)) return true;
    cause = cause.cause;
  }
  return false;
}
