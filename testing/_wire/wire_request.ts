/**
 * A request, however it was handed over: as a `Request`, or as an address with options.
 *
 * @module
 */
import { CONTENT_TYPES, type Protocol } from "./codec.ts";
import { ServiceFault } from "./service_error.ts";

/** A request whose body has been read. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Text if it was handed over as text; everything else as bytes. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
}

/** Reads a request as `fetch` would take it. */
export async function readRequest(
  input: Request | URL | string,
  given?: RequestInit,
): Promise<WireRequest> {
  const init = given ?? {};
  if (
    !(input instanceof Request) &&
    (typeof init.body === "string" || init.body instanceof Uint8Array)
  ) {
    // The usual case of a client in the same process: nothing needs to be copied.
    return {
      method: init.method ?? "GET",
      url: String(input),
      headers: new Headers(init.headers),
      body: init.body as string | Uint8Array<ArrayBuffer>,
      signal: init.signal ?? undefined,
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
    // A server cancels the body of an answer that nobody waits for; its signal would only say so a second time.
    signal: isServed ? undefined : request.signal,
  };
}

/** Whether the second argument holds options: servers hand their connection info over in its place. */
function isInit(init: object): boolean {
  return ["method", "headers", "body", "signal"].some((name) => name in init);
}

/** The action that a request asks for. */
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

/** The encoding that a request speaks. */
export function protocolOf(headers: Headers): Protocol | undefined {
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim();
  if (type === CONTENT_TYPES.cbor) return "cbor";
  if (type === CONTENT_TYPES.json || type === "application/json") return "json";
  return undefined;
}
