/**
 * A request on its way through the faults.
 *
 * @module
 */
import {
  CONTENT_TYPES,
  decodeInput,
  encodeOutput,
  type Output,
  type Protocol,
} from "../_wire/codec.ts";
import { protocolOf } from "../_wire/wire_request.ts";

/** `fetch`, or whatever stands in for it. */
export type Fetch = (
  input: Request | URL | string,
  init?: RequestInit,
) => Promise<Response>;

/** A request and the way to answer it. */
export class Exchange {
  /** Aborts when the caller gives up. */
  readonly signal: AbortSignal | undefined;
  /** The action, or an empty text. */
  readonly action: string;
  /** The encoding of the body. */
  readonly protocol: Protocol;
  /** The members of the body. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly #fetch: Fetch;
  readonly #request: Request | URL | string;
  readonly #init: RequestInit | undefined;
  readonly #headers: Headers;

  constructor(
    fetch: Fetch,
    request: Request | URL | string,
    init: RequestInit | undefined,
    body: string | Uint8Array<ArrayBuffer>,
  ) {
    this.#fetch = fetch;
    this.#request = request;
    this.#init = init;
    const own = request instanceof Request ? request : undefined;
    this.#headers = new Headers(init?.headers ?? own?.headers);
    this.signal = init?.signal ?? own?.signal;
    this.action = this.#headers.get("x-amz-target")?.split(".")[1] ?? "";
    this.protocol = protocolOf(this.#headers) ?? "json";
    this.input = readMembers(body, this.protocol);
  }

  /** Reads a request without using it up. */
  static async read(
    fetch: Fetch,
    request: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Exchange> {
    const given = init?.body;
    if (given === undefined || given === null) {
      const body = request instanceof Request && request.body
        ? new Uint8Array(await request.clone().arrayBuffer())
        : "";
      return new Exchange(fetch, request, init, body);
    }
    if (typeof given === "string" || given instanceof Uint8Array) {
      return new Exchange(
        fetch,
        request,
        init,
        given as string | Uint8Array<ArrayBuffer>,
      );
    }
    // A body that can be read only once is read here and sent on as bytes.
    const body = new Uint8Array(await new Response(given).arrayBuffer());
    return new Exchange(fetch, request, { ...init, body }, body);
  }

  /** Sends the request on as it came. */
  send(): Promise<Response> {
    return this.#fetch(this.#request, this.#init);
  }

  /** The same request with other members. */
  withInput(input: Output): Exchange {
    const { url, method } = this.#request instanceof Request
      ? this.#request
      : { url: this.#request, method: "POST" };
    const headers = new Headers(this.#headers);
    headers.delete("content-length");
    const body = encodeOutput(input, this.protocol);
    const init = { method, ...this.#init, headers, signal: this.signal, body };
    return new Exchange(this.#fetch, url, init, body);
  }

  /** An answer in the encoding of the request. */
  answer(output: Output, init: ResponseInit = {}): Response {
    const headers = new Headers(init.headers);
    headers.set("content-type", CONTENT_TYPES[this.protocol]);
    headers.delete("content-length");
    return new Response(encodeOutput(output, this.protocol), {
      ...init,
      headers,
    });
  }

  /** The members of an answer. */
  async members(
    response: Response,
  ): Promise<Readonly<Record<string, unknown>>> {
    const body = new Uint8Array(await response.arrayBuffer());
    return readMembers(body, this.protocol);
  }
}

/** What cannot be read has no members: that is for the service to say. */
function readMembers(
  body: string | Uint8Array<ArrayBuffer>,
  protocol: Protocol,
): Readonly<Record<string, unknown>> {
  try {
    return decodeInput(body, protocol);
  } catch {
    return {};
  }
}
