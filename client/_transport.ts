/**
 * One call from request to answer: encode, sign, send, decode; again where that may help.
 *
 * @module
 */
import type { Codec } from "../_aws/codec.ts";
import { MAX_RESPONSE_BYTES } from "../_aws/limits.ts";
import { readBody } from "../_aws/body.ts";
import { requestIdOf, serviceError } from "../_aws/service_error.ts";
import { Signer, type SigningKey } from "../_aws/sign.ts";
import { fullJitter } from "../_core/backoff.ts";
import { delay } from "../_core/clock.ts";
import { raceAbort, startDeadline } from "../_core/deadline.ts";
import { notify } from "../_core/notify.ts";
import { RetryQuota } from "../_core/retry_quota.ts";
import type { CredentialsProvider } from "../credentials/mod.ts";
import {
  ConnectionError,
  CredentialsError,
  KinesisError,
  ResponseError,
  ServiceError,
  TimeoutError,
} from "../errors.ts";
import {
  type CallOptions,
  checkCallOptions,
  type ResolvedClientOptions,
} from "./options.ts";

/** Where a request goes and for which region it is signed. */
export interface Destination {
  /** The endpoint. */
  readonly url: URL;
  /** The region of the signature. */
  readonly region: string;
}

// The numbers of the AWS SDKs' standard mode. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const QUOTA = { capacity: 500, transient: 14, throttle: 5, success: 1 };
const BASE_DELAY_MS = 50;
const THROTTLE_BASE_DELAY_MS = 1000;
/** Signatures are valid for 5 minutes; a clock that is off by less is not the reason of a refusal. */
const SKEW_MS = 4 * 60_000;
const SKEW_CODES = new Set([
  "InvalidSignatureException",
  "RequestExpired",
  "RequestInTheFuture",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);

/** Sends calls; shares retry quota, derived signing keys and clock correction among them. */
export class Transport {
  readonly #options: ResolvedClientOptions;
  readonly #codec: Codec;
  readonly #credentials: CredentialsProvider;
  readonly #signer = new Signer("kinesis");
  readonly #quota = new RetryQuota(QUOTA.capacity);
  #clockOffsetMs = 0;

  /** Makes a transport for resolved options. */
  constructor(
    options: ResolvedClientOptions,
    codec: Codec,
    credentials: CredentialsProvider,
  ) {
    this.#options = options;
    this.#codec = codec;
    this.#credentials = credentials;
  }

  /** Sends one call and resolves with its decoded answer. */
  async call(
    action: string,
    request: object,
    destination: Destination,
    options: CallOptions = {},
  ): Promise<object> {
    const { clock, hooks } = this.#options;
    checkCallOptions(action, options);
    const maxAttempts = options.maxAttempts ?? this.#options.maxAttempts;
    const body = this.#codec.encode(action, request);
    let skewCorrected = false;
    let paid = 0;
    for (let attempt = 1;; attempt++) {
      options.signal?.throwIfAborted();
      const started = clock.now();
      const seen: Seen = { responseBytes: 0 };
      let failure: unknown;
      let answer: object | undefined;
      try {
        answer = await this.#attempt(action, body, destination, options, seen);
      } catch (error) {
        failure = error;
      }
      const event = {
        action,
        attempt,
        durationMs: clock.now() - started,
        status: seen.status,
        requestBytes: body.length,
        responseBytes: seen.responseBytes,
      };
      if (answer) {
        this.#quota.give(paid || QUOTA.success);
        notify(hooks, "onAttempt", event);
        return answer;
      }
      let retryDelayMs: number | undefined;
      if (!skewCorrected && this.#correctSkew(failure, seen)) {
        // Once, and at once: the request was fine but for its date.
        skewCorrected = true;
        retryDelayMs = 0;
      } else if (attempt < maxAttempts && !options.signal?.aborted) {
        const cost = this.#retryCost(failure);
        if (cost !== undefined && this.#quota.take(cost)) {
          paid = cost;
          retryDelayMs = this.#retryDelay(failure as KinesisError, attempt - 1);
        }
      }
      notify(hooks, "onAttempt", { ...event, error: failure, retryDelayMs });
      if (retryDelayMs === undefined) throw failure;
      await delay(retryDelayMs, { clock, signal: options.signal });
    }
  }

  async #attempt(
    action: string,
    body: Uint8Array<ArrayBuffer>,
    destination: Destination,
    options: CallOptions,
    seen: Seen,
  ): Promise<object> {
    const { clock } = this.#options;
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    const target = destination.url.hostname.endsWith(".amazonaws.com")
      ? destination.region
      : destination.url.origin;
    const deadline = startDeadline(timeoutMs, () =>
      new TimeoutError(
        `Cannot ${action} in ${target}: no complete answer within ${timeoutMs} ms`,
        { timeoutMs },
      ), { clock, signal: options.signal });
    try {
      const response = await this.#fetch(
        action,
        target,
        body,
        destination,
        deadline.signal,
        seen,
      );
      seen.status = response.status;
      seen.date = response.headers.get("date");
      const bytes = await this.#read(
        action,
        target,
        response,
        deadline.signal,
      );
      seen.responseBytes = bytes.length;
      return this.#decode(action, target, response, bytes);
    } finally {
      deadline.clear();
    }
  }

  async #fetch(
    action: string,
    target: string,
    body: Uint8Array<ArrayBuffer>,
    destination: Destination,
    signal: AbortSignal,
    seen: Seen,
  ): Promise<Response> {
    const key = await this.#key(action, signal);
    const offsetMs = this.#clockOffsetMs;
    seen.offsetMs = offsetMs;
    const { url, headers } = await this.#signer.sign({
      url: destination.url,
      headers: {
        "content-type": this.#codec.contentType,
        "x-amz-target": `Kinesis_20131202.${action}`,
      },
      body,
      region: destination.region,
      key,
      now: this.#options.clock.now() + offsetMs,
    });
    try {
      const response = this.#options.fetch(url.href, {
        method: "POST",
        headers,
        body,
        signal,
        // A signed request must not wander to another host.
        redirect: "manual",
      });
      // The time limit holds for a `fetch` that knows nothing of signals too.
      return await raceAbort(response, signal, (late) => {
        late.body?.cancel().catch(() => {});
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new ConnectionError(
        `Cannot ${action} in ${target}: no connection to ${destination.url.host}. ` +
          "Check the endpoint, the region and the network",
        { cause },
      );
    }
  }

  async #key(action: string, signal: AbortSignal): Promise<SigningKey> {
    let key: SigningKey | undefined;
    try {
      key = await raceAbort(this.#credentials(), signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof KinesisError) throw cause;
      throw new CredentialsError(
        `Cannot ${action} as the credentials function failed: ${String(cause)}`,
        // Most providers ask over a network, and that may work the next time.
        { code: "CredentialsFailed", cause, retryable: true },
      );
    }
    if (key?.accessKeyId && key.secretAccessKey) return key;
    throw new CredentialsError(
      `Cannot ${action} as there are no credentials: 'accessKeyId' and 'secretAccessKey' must be texts that are not empty`,
    );
  }

  async #read(
    action: string,
    target: string,
    response: Response,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await readBody(response, MAX_RESPONSE_BYTES, signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof ResponseError) throw cause;
      throw new ConnectionError(
        `Cannot ${action} in ${target}: the connection broke in the middle of the answer`,
        { cause },
      );
    }
  }

  #decode(
    action: string,
    target: string,
    response: Response,
    bytes: Uint8Array<ArrayBuffer>,
  ): object {
    const { status, headers } = response;
    if (status >= 400) {
      const body = this.#codec.decodeError(bytes);
      throw serviceError({ action, target, status, headers, body });
    }
    if (status < 200 || status >= 300) {
      throw new ResponseError(
        `Cannot ${action} in ${target}: status ${status} is no answer of Kinesis. ` +
          "Check that the endpoint is one of Kinesis",
        { status, retryable: false },
      );
    }
    try {
      return this.#codec.decode(action, bytes);
    } catch (cause) {
      const requestId = requestIdOf(headers);
      throw new ResponseError(
        `Cannot ${action} in ${target}: the answer cannot be read` +
          (requestId ? ` (request ${requestId})` : ""),
        { cause, status },
      );
    }
  }

  #correctSkew(failure: unknown, seen: Seen): boolean {
    if (!(failure instanceof ServiceError) || !SKEW_CODES.has(failure.code)) {
      return false;
    }
    const serverNow = Date.parse(seen.date ?? "");
    if (Number.isNaN(serverNow)) return false;
    const offset = serverNow - this.#options.clock.now();
    // Measured against what this request was signed with: another one may have corrected the offset meanwhile.
    if (Math.abs(offset - (seen.offsetMs ?? 0)) < SKEW_MS) return false;
    this.#clockOffsetMs = offset;
    return true;
  }

  #retryCost(failure: unknown): number | undefined {
    if (!(failure instanceof KinesisError) || !failure.retryable) {
      return undefined;
    }
    return isThrottled(failure) ? QUOTA.throttle : QUOTA.transient;
  }

  #retryDelay(failure: KinesisError, retry: number): number {
    const { maxDelayMs: maxMs, random } = this.#options;
    const baseMs = isThrottled(failure)
      ? THROTTLE_BASE_DELAY_MS
      : BASE_DELAY_MS;
    const jittered = fullJitter({ baseMs, maxMs }, retry, random);
    const asked = failure instanceof ServiceError
      ? failure.retryAfterMs ?? 0
      : 0;
    return Math.max(jittered, Math.min(asked, maxMs));
  }
}

interface Seen {
  status?: number;
  date?: string | null;
  /** The clock correction that the request was signed with. */
  offsetMs?: number;
  responseBytes: number;
}

function isThrottled(error: KinesisError): boolean {
  return error instanceof ServiceError && error.throttled;
}
