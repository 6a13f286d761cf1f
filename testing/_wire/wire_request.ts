/**
 * Reads the arguments of `fetch`: a `Request`, or a URL with options.
 *
 * @module
 */
import { CONTENT_TYPES, type Protocol } from "./codec.ts";
import { ServiceFault } from "./service_error.ts";

/** A request with its body read. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Text if the caller passed text, otherwise bytes. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The signal of the caller. `undefined` if a server such as `Deno.serve` passed the request. */
  readonly signal: AbortSignal | undefined;
  /** As `signal`. If a server passed the request, it aborts when the connection breaks. */
  readonly disconnect: AbortSignal | undefined;
}

/** Reads the arguments of a `fetch` call, or of a call by a server such as `Deno.serve`. */
export async function readRequest(
  input: Request | URL | string,
  given?: RequestInit,
): Promise<WireRequest> {
  const init = given ?? {};
  if (
    !(input instanceof Request) &&
    (typeof init.body === "string" || init.body instanceof Uint8Array)
  ) {
    // A client in the same process usually calls it like this. The body needs no copy.
    const signal = init.signal ?? undefined;
    return {
      method: init.method ?? "GET",
      url: String(input),
      headers: new Headers(init.headers),
      body: init.body as string | Uint8Array<ArrayBuffer>,
      signal,
      disconnect: signal,
    };
  }
  const isServed = input instanceof Request && given !== undefined &&
    !isInit(given);
  const request = input instanceof Request && (isServed || !given)
    ? input
    : new Request(input, init);
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: new Uint8Array(await request.arrayBuffer()),
    // A server cancels the body of the answer when its client disconnects, so the signal of its
    // request is not needed.
    signal: isServed ? undefined : request.signal,
    // Read only by a long poll: reading the signal of a served request costs time.
    get disconnect() {
      return request.signal;
    },
  };
}

/** Whether the second argument is a RequestInit. Servers pass their connection info there. */
function isInit(init: object): boolean {
  return ["method", "headers", "body", "signal"].some((name) => name in init);
}

/** The action in the `X-Amz-Target` header. Throws if there is none. */
export function actionOf({ method, headers }: WireRequest): string {
  const target = headers.get("x-amz-target") ?? "";
  const [version, action] = target.split(".");
  if (method !== "POST" || version !== "Kinesis_20131202" || !action) {
    throw new ServiceFault(
      "UnknownOperationException",
      `No action in ${method} with X-Amz-Target "${target}"`,
    );
  }
  return action;
}

/** The encoding that the `Content-Type` header names. `undefined` for other content types. */
export function protocolOf(headers: Headers): Protocol | undefined {
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim();
  if (type === CONTENT_TYPES.cbor) return "cbor";
  if (type === CONTENT_TYPES.json || type === "application/json") return "json";
  return undefined;
}
