/**
 * A request that passes through the rules of a fault plan.
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

/** `fetch`, or a function that can replace it, such as {@linkcode KinesisServer.fetch}. */
export type Fetch = (
  input: Request | URL | string,
  init?: RequestInit,
) => Promise<Response>;

/** A request, read once, that can be sent on, changed or answered. */
export class Exchange {
  /** Aborts when the caller gives up. */
  readonly signal: AbortSignal | undefined;
  /** The header `X-Amz-Target`, for example `Kinesis_20131202.GetRecords`. Empty if absent. */
  readonly target: string;
  /** The action, for example `GetRecords`. Empty if the request names none. */
  readonly action: string;
  /** The encoding of the body. */
  readonly protocol: Protocol;
  /** The members of the body. Empty if the body cannot be read. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly #fetch: Fetch;
  readonly #request: Request | URL | string;
  readonly #init: RequestInit | undefined;
  readonly #headers: Headers;
  readonly #body: string | Uint8Array<ArrayBuffer>;

  constructor(
    fetch: Fetch,
    request: Request | URL | string,
    init: RequestInit | undefined,
    body: string | Uint8Array<ArrayBuffer>,
  ) {
    this.#fetch = fetch;
    this.#request = request;
    this.#init = init;
    this.#body = body;
    const own = request instanceof Request ? request : undefined;
    this.#headers = new Headers(init?.headers ?? own?.headers);
    this.signal = init?.signal ?? own?.signal;
    this.target = this.#headers.get("x-amz-target") ?? "";
    this.action = this.target.split(".")[1] ?? "";
    this.protocol = protocolOf(this.#headers) ?? "json";
    this.input = readMembers(body, this.protocol);
  }

  /** Reads the body of a request. The request can still be sent afterwards. */
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
    // A stream can be read only once, so its bytes are sent on in its place.
    const body = new Uint8Array(await new Response(given).arrayBuffer());
    return new Exchange(fetch, request, { ...init, body }, body);
  }

  /** Sends the request on unchanged. */
  send(): Promise<Response> {
    return this.#fetch(this.#request, this.#init);
  }

  /** A copy of the request with other members. */
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

  /** A copy of the request with one more header. */
  withHeader(name: string, value: string): Exchange {
    const headers = new Headers(this.#headers);
    headers.set(name, value);
    const init = { ...this.#init, headers };
    return new Exchange(this.#fetch, this.#request, init, this.#body);
  }

  /** Makes an answer in the encoding of the request. */
  answer(output: Output, init: ResponseInit = {}): Response {
    const headers = new Headers(init.headers);
    headers.set("content-type", CONTENT_TYPES[this.protocol]);
    headers.delete("content-length");
    return new Response(encodeOutput(output, this.protocol), {
      ...init,
      headers,
    });
  }

  /** Reads the members of an answer. Empty if the answer cannot be read. */
  async members(
    response: Response,
  ): Promise<Readonly<Record<string, unknown>>> {
    const body = new Uint8Array(await response.arrayBuffer());
    return readMembers(body, this.protocol);
  }
}

/**
 * The members of a body. A body that cannot be read has none: reporting it is left to the service.
 */
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
