/**
 * A request in the form that the modules of Node.js need.
 *
 * @module
 */

/** A request whose body is known. */
export interface NodeRequest {
  /** Where it goes. */
  readonly url: URL;
  /** The method in upper case. */
  readonly method: string;
  /** Its headers. */
  readonly headers: Headers;
  /** Its body. `undefined` if it has none. */
  readonly body: Uint8Array | undefined;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal | undefined;
}

/** https://fetch.spec.whatwg.org/#forbidden-method */
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Reads the arguments of `fetch`.
 *
 * @throws {TypeError} if the URL, its scheme, the method, a header or the body is not allowed
 */
export async function readRequest(
  input: string | URL,
  init: RequestInit,
): Promise<NodeRequest> {
  const url = new URL(input);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TypeError(
      `Cannot fetch "${url.href}": the scheme must be http or https`,
    );
  }
  const method = (init.method ?? "GET").toUpperCase();
  if (FORBIDDEN.has(method)) {
    throw new TypeError(`Cannot fetch: the method ${method} is forbidden`);
  }
  const headers = init.headers instanceof Headers
    ? init.headers
    : new Headers(init.headers);
  const body = init.body ?? undefined;
  return {
    url,
    method,
    headers,
    body: body === undefined || body instanceof Uint8Array
      ? body
      : await readBody(body, headers),
    signal: init.signal ?? undefined,
  };
}

/** Other bodies are read as a whole, and get the `Content-Type` that `fetch` gives them. */
async function readBody(
  body: Exclude<BodyInit, Uint8Array>,
  headers: Headers,
): Promise<Uint8Array> {
  const response = new Response(body);
  const type = response.headers.get("content-type");
  if (type && !headers.has("content-type")) headers.set("content-type", type);
  return new Uint8Array(await response.arrayBuffer());
}

/** What `fetch` rejects with if there is no answer. `cause` tells why. */
export function failure(cause: unknown): TypeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TypeError(`Cannot fetch: ${reason}`, { cause });
}
