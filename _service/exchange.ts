/**
 * Signs a request, sends it, and reads and decodes the answer.
 *
 * @module
 */
import { readBody } from "../_aws/body.ts";
import type { Codec } from "../_aws/codec.ts";
import { MAX_RESPONSE_BYTES } from "../_aws/limits.ts";
import { PROXY_HINT } from "../_aws/error_hints.ts";
import {
  type Fetch,
  freeSentBody,
  givesOwnBuffer,
  isBlockedPort,
  isRefusedByProxy,
  isResponse,
} from "../_core/fetch.ts";
import { requestIdOf, serviceError } from "../_aws/service_error.ts";
import { Signer } from "../_aws/sign.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { Credentials } from "../credentials/mod.ts";
import { ConnectionError, KinesisError, ResponseError } from "../errors.ts";
import type { CredentialsSource } from "./credentials_source.ts";
import type { Destination } from "./destination.ts";
import type { Service } from "./service.ts";

/** An encoded call. It can be sent several times. */
export interface Call {
  /** The action. */
  readonly action: string;
  /** The encoded request. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The endpoint and its region. */
  readonly destination: Destination;
  /** Whether an earlier attempt has sent the body, and may not have ended yet. */
  readonly isRepeated: boolean;
}

/** What an attempt has found out so far. Filled in during the attempt, also if it fails. */
export interface AttemptFacts {
  /** The HTTP status. */
  status?: number;
  /** The `Date` header of the answer. */
  date?: string | null;
  /** The clock correction that the request was signed with, in milliseconds. */
  offsetMs?: number;
  /** The size of the answer's body in bytes. */
  responseBytes: number;
  /** The credentials that the request was signed with. */
  credentials?: Credentials;
}

/** Options of an {@linkcode Exchange}. */
export interface ExchangeOptions {
  /** The service that answers. */
  readonly service: Service;
  /** The encoding of requests. */
  readonly codec: Codec;
  /** Sends requests. */
  readonly fetch: Fetch;
  /** Gets the credentials that requests are signed with. */
  readonly credentials: CredentialsSource;
}

function connectionError(
  action: string,
  { name, url }: Destination,
  cause: unknown,
): KinesisError {
  const message = `Cannot ${action} in ${name}: no connection to ${url.host}. `;
  if (!isBlockedPort(cause)) {
    const advice = isRefusedByProxy(cause)
      ? PROXY_HINT
      : "Check the endpoint, the region and the network";
    return new ConnectionError(message + advice, { cause });
  }
  // Not retryable: fetch never connects to this port.
  return new KinesisError(
    `${message}'fetch' refuses port ${url.port}, which is one of another service ` +
      "(https://fetch.spec.whatwg.org/#port-blocking): let the endpoint listen at another port",
    { code: "InvalidEndpoint", cause },
  );
}

/** Exchanges requests for answers. All requests share the derived signing keys. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #signer: Signer;

  /** Makes an exchange. */
  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#signer = new Signer(options.service.signingName);
  }

  /** Encodes a request. */
  encode(action: string, request: object): Uint8Array<ArrayBuffer> {
    return this.#options.codec.encode(action, request);
  }

  /**
   * Sends a request. Resolves with an answer of status 2xx whose body has not been read. The caller
   * must read or cancel the body.
   */
  async open(
    call: Call,
    now: number,
    signal: AbortSignal,
    facts: AttemptFacts,
  ): Promise<Response> {
    const { action, destination: { name } } = call;
    const { codec, credentials, service } = this.#options;
    const response = await this.#send(call, now, signal, facts);
    const { status, headers } = response;
    facts.status = status;
    facts.date = headers.get("date");
    if (status >= 200 && status < 300) return response;
    const bytes = await this.#read(call, response, signal, facts);
    if (status < 400) {
      throw new ResponseError(
        `Cannot ${action} in ${name}: status ${status} is no answer of ${service.name}. ` +
          `Check that the endpoint is one of ${service.name}`,
        { status, retryable: false },
      );
    }
    throw serviceError({
      action,
      target: name,
      status,
      headers,
      body: service.codecOf(headers.get("content-type"), codec)
        .decodeError(bytes),
      hintFor: service.hintFor,
      credentialsMayChange: credentials.mayChange,
      now,
    });
  }

  /**
   * Sends a request and resolves with its decoded answer. See {@linkcode Codec.decode}. The body of
   * the request may be gone then.
   */
  async answer(
    call: Call,
    now: number,
    signal: AbortSignal,
    facts: AttemptFacts,
    viewsRecords?: boolean,
  ): Promise<object> {
    const { action, destination: { name } } = call;
    const response = await this.open(call, now, signal, facts);
    const bytes = await this.#read(call, response, signal, facts);
    const type = response.headers.get("content-type");
    const { codec, fetch, service } = this.#options;
    try {
      const answer = service.codecOf(type, codec).decode(
        action,
        bytes,
        viewsRecords && givesOwnBuffer(response),
      );
      // Not before: an answer that cannot be read may have to be asked for again. Not after a
      // failure: its connection may still be sending the same body.
      if (!call.isRepeated) freeSentBody(fetch, response, call.body);
      return answer;
    } catch (cause) {
      const requestId = requestIdOf(response.headers);
      throw new ResponseError(
        `Cannot ${action} in ${name}: the answer cannot be read` +
          (type && !/json|cbor/.test(type)
            ? ` as its type is ${type}. Check that the endpoint is one of ${service.name}`
            : "") +
          (requestId ? ` (request ${requestId})` : ""),
        { cause, status: response.status },
      );
    }
  }

  async #send(
    { action, body, destination }: Call,
    now: number,
    signal: AbortSignal,
    facts: AttemptFacts,
  ): Promise<Response> {
    const { codec, fetch, credentials, service } = this.#options;
    facts.credentials = await credentials.get(action, signal);
    const { url, headers } = await this.#signer.sign({
      url: destination.url,
      headers: {
        "content-type": codec.contentType,
        "x-amz-target": `${service.targetPrefix}.${action}`,
      },
      body,
      region: destination.region,
      key: facts.credentials,
      now,
    });
    let response: Response;
    try {
      const answer = fetch(url.href, {
        method: "POST",
        headers,
        body,
        signal,
        // A signed request must not follow a redirect to another host.
        redirect: "manual",
      });
      // Enforces the time limit if `fetch` ignores the signal.
      response = await raceAbort(Promise.resolve(answer), signal, (late) => {
        late?.body?.cancel().catch(() => {});
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw connectionError(action, destination, cause);
    }
    if (isResponse(response)) return response;
    throw new KinesisError(
      `Cannot ${action} in ${destination.name}: 'fetch' resolved with ${
        response === null ? "null" : typeof response
      } and not with a Response. Check the option 'fetch' of ${service.owner}`,
      { code: "InvalidFetch" },
    );
  }

  async #read(
    { action, destination: { name } }: Call,
    response: Response,
    signal: AbortSignal,
    facts: AttemptFacts,
  ): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const limit = this.#options.service.maxResponseBytes?.(action) ??
        MAX_RESPONSE_BYTES;
      const bytes = await readBody(response, limit, signal);
      facts.responseBytes = bytes.length;
      return bytes;
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof ResponseError) throw cause;
      throw new ConnectionError(
        `Cannot ${action} in ${name}: the connection broke in the middle of the answer`,
        { cause },
      );
    }
  }
}
