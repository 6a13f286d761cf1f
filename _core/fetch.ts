/**
 * The type of `fetch`, so that the network can be passed as a parameter.
 *
 * @module
 */
import { free } from "./bytes.ts";

/** The part of `fetch` that this library uses. */
export type Fetch = (
  input: string | URL,
  init?: RequestInit,
) => Promise<Response>;

/**
 * Whether a value is a `Response`. The user's `fetch` may resolve with another value by mistake.
 */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers } = value as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

/**
 * A method of some functions like `fetch`: whether nothing uses the body of a request any more, by
 * its response.
 */
export const hasSentBody: unique symbol = Symbol("hasSentBody");

/** A `fetch` that can tell when it does not use the body of a request any more. */
export interface ReleasingFetch extends Fetch {
  [hasSentBody](response: Response): boolean;
}

/** Shorter bodies are left to the garbage collector, which takes less time for them. */
const LONG_BODY = 131_072;

/** Frees the body of a request, if the `fetch` that sent it says that it does not use it any more. */
export function freeSentBody(
  fetch: Fetch,
  response: Response,
  body: Uint8Array<ArrayBuffer>,
): void {
  if (body.length < LONG_BODY) return;
  if ((fetch as Partial<ReleasingFetch>)[hasSentBody]?.(response)) free(body);
}

type ArrayBufferMethod = Response["arrayBuffer"];

const ownBuffers = /* @__PURE__ */ new WeakSet<ArrayBufferMethod>();

/** Notes that nothing else uses the buffers that a method `arrayBuffer` resolves with. */
export function setOwnBuffers(method: ArrayBufferMethod): void {
  ownBuffers.add(method);
}

/**
 * Whether nothing else uses the buffer that `response.arrayBuffer()` resolves with. A response that
 * the user made, as in a test, may give the same buffer each time.
 */
export function givesOwnBuffer({ arrayBuffer }: Response): boolean {
  return arrayBuffer === Response.prototype.arrayBuffer ||
    ownBuffers.has(arrayBuffer);
}

/** The messages of Node.js and of Deno for a blocked port. */
const BLOCKED_PORT = /^bad port$|requests to port \d+ are blocked/i;
/** Their messages for a proxy that requires credentials. */
const PROXY_REFUSES = /proxy response \(407\)|proxy authorization required/i;

/**
 * Whether `fetch` failed because it never connects to the port, such as 6000 or 6667.
 *
 * @see {@link https://fetch.spec.whatwg.org/#port-blocking}
 */
export function isBlockedPort(error: unknown): boolean {
  return says(error, BLOCKED_PORT);
}

/** Whether `fetch` failed because the proxy requires credentials. */
export function isRefusedByProxy(error: unknown): boolean {
  return says(error, PROXY_REFUSES);
}

function says(error: unknown, words: RegExp): boolean {
  // The reason may be the cause of a cause. The depth is bounded, since causes can form a cycle.
  for (let cause = error, depth = 0; depth < 5; depth++) {
    if (!(cause instanceof Error)) return false;
    if (words.test(cause.message)) return true;
    cause = cause.cause;
  }
  return false;
}
