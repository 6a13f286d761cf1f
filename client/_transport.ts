/**
 * A call from request to answer, again where that may help.
 *
 * @module
 */
import type { Codec } from "../_aws/codec.ts";
import { isExpiredKeys, mayBeSkew } from "../_aws/service_error.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { startDeadline } from "../_core/deadline.ts";
import { parseHttpDate } from "../_core/http_retry.ts";
import { notify } from "../_core/notify.ts";
import { ServiceError, TimeoutError } from "../errors.ts";
import type { KeySource } from "./_credentials.ts";
import { Destinations } from "./_destination.ts";
import { type Call, Exchange, type Seen } from "./_exchange.ts";
import { Retries, type Retry } from "./_retries.ts";
import {
  type CallOptions,
  checkCallOptions,
  type ResolvedClientOptions,
} from "./options.ts";

/** Signatures are valid for 5 minutes; a clock that is off by less is not the reason of a refusal. */
const SKEW_MS = 4 * 60_000;
/** Says that the keys are not known: they may have been replaced by others since they were looked up. */
const UNKNOWN_KEYS = new Set([
  "InvalidClientTokenId",
  "UnrecognizedClientException",
]);

/** What has been put right in a call already; each of them once. */
interface Repairs {
  skew: boolean;
  signature: boolean;
  keys: boolean;
}

/** One attempt of a call. */
type Attempt<T> = (
  call: Call,
  now: number,
  signal: AbortSignal,
  seen: Seen,
) => Promise<T>;

/** An answer of which only the head has been read. */
export interface OpenAnswer {
  /** The head, and the body to come. */
  readonly response: Response;
  /** Where it comes from, for messages. */
  readonly target: string;
}

/** Sends calls; shares retry quota, derived signing keys and clock correction among them. */
export class Transport {
  readonly #options: ResolvedClientOptions;
  readonly #keys: KeySource;
  readonly #destinations: Destinations;
  readonly #exchange: Exchange;
  readonly #retries: Retries;
  #clockOffsetMs = 0;
  /** What the last answer said of the service's clock, and when that was on our monotonic one. */
  #serviceTime: { readonly date: number; readonly at: number } | undefined;

  /** Makes a transport for resolved options. */
  constructor(options: ResolvedClientOptions, codec: Codec, keys: KeySource) {
    this.#options = options;
    this.#keys = keys;
    this.#retries = new Retries(options);
    this.#destinations = new Destinations(options);
    this.#exchange = new Exchange({ codec, fetch: options.fetch, keys });
  }

  /**
   * The time of the service, in milliseconds since the epoch, as its last answer says; never
   * ahead of it.
   */
  get serviceNow(): number | undefined {
    if (!this.#serviceTime) return undefined;
    const { date, at } = this.#serviceTime;
    return date + monotonicNow(this.#options.clock) - at;
  }

  /** Sends one call and resolves with its decoded answer. */
  call(
    action: string,
    request: object,
    options: CallOptions = {},
  ): Promise<object> {
    return this.#run(
      action,
      request,
      options,
      (...attempt) => this.#exchange.answer(...attempt),
    );
  }

  /** Sends one call whose answer goes on; the time limit is for its head, and the body is the caller's to end. */
  async open(
    action: string,
    request: object,
    options: CallOptions = {},
  ): Promise<OpenAnswer> {
    return await this.#run(
      action,
      request,
      options,
      async (call, ...attempt) => ({
        response: await this.#exchange.open(call, ...attempt),
        target: call.destination.name,
      }),
    );
  }

  async #run<T>(
    action: string,
    request: object,
    options: CallOptions,
    attemptOnce: Attempt<T>,
  ): Promise<T> {
    const { clock, hooks } = this.#options;
    checkCallOptions(action, options);
    const maxAttempts = options.maxAttempts ?? this.#options.maxAttempts;
    const body = this.#exchange.encode(action, request);
    const call = { action, request, body };
    const repairs = { skew: false, signature: false, keys: false };
    let retry: Retry | undefined;
    for (let attempt = 1;; attempt++) {
      options.signal?.throwIfAborted();
      const started = monotonicNow(clock);
      const seen: Seen = { responseBytes: 0 };
      let failure: unknown;
      let answer: T | undefined;
      try {
        answer = await this.#attempt(call, options, seen, attemptOnce);
      } catch (error) {
        failure = error;
      }
      const ended = monotonicNow(clock);
      const date = Date.parse(seen.date ?? "");
      if (!Number.isNaN(date)) this.#serviceTime = { date, at: ended };
      const event = {
        action,
        attempt,
        durationMs: ended - started,
        status: seen.status,
        requestBytes: body.length,
        responseBytes: seen.responseBytes,
      };
      if (answer !== undefined) {
        this.#retries.succeeded(retry);
        notify(hooks, "onAttempt", event);
        return answer;
      }
      let retryDelayMs: number | undefined;
      if (this.#canRepair(failure, seen, repairs)) {
        // At once: the request was fine but for its date or its keys.
        retryDelayMs = 0;
      } else if (attempt < maxAttempts && !options.signal?.aborted) {
        retry = this.#retries.next(failure, attempt - 1);
        retryDelayMs = retry?.delayMs;
      }
      notify(hooks, "onAttempt", { ...event, error: failure, retryDelayMs });
      if (retryDelayMs === undefined) throw failure;
      await delay(retryDelayMs, { clock, signal: options.signal });
    }
  }

  async #attempt<T>(
    { action, request, body }: {
      action: string;
      request: object;
      body: Call["body"];
    },
    options: CallOptions,
    seen: Seen,
    attemptOnce: Attempt<T>,
  ): Promise<T> {
    const { clock } = this.#options;
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    let step = ": no answer of the variables and files that name the endpoint";
    const deadline = startDeadline(timeoutMs, () =>
      new TimeoutError(
        `Cannot ${action}${step} within ${timeoutMs} ms`,
        { timeoutMs },
      ), { clock, signal: options.signal });
    const { signal } = deadline;
    seen.offsetMs = this.#clockOffsetMs;
    try {
      // Every attempt anew: what could not be looked up may be there the next time.
      const found = this.#destinations.of(action, request, signal);
      let destination = found instanceof Promise ? await found : found;
      step = ` in ${destination.name}: no complete answer`;
      if (destination.ofAccount) {
        const accountId = await this.#keys.accountId(action, signal);
        destination = destination.ofAccount(action, accountId);
      }
      const now = clock.now() + this.#clockOffsetMs;
      return await attemptOnce(
        { action, body, destination },
        now,
        signal,
        seen,
      );
    } finally {
      deadline.clear();
    }
  }

  #canRepair(failure: unknown, seen: Seen, repairs: Repairs): boolean {
    if (!(failure instanceof ServiceError)) return false;
    const { code } = failure;
    if (!repairs.skew && mayBeSkew(code) && this.#correctSkew(seen)) {
      return repairs.skew = true;
    }
    // The clock is right: the request was late, so that it needs nothing but a new signature.
    if (!repairs.signature && mayBeSkew(code) && failure.retryable) {
      return repairs.signature = true;
    }
    const isAboutKeys = isExpiredKeys(code) || UNKNOWN_KEYS.has(code);
    if (repairs.keys || !isAboutKeys || !seen.credentials) return false;
    return repairs.keys = this.#keys.expire(seen.credentials);
  }

  #correctSkew(seen: Seen): boolean {
    const serverNow = parseHttpDate(seen.date);
    if (serverNow === undefined) return false;
    const offset = serverNow - this.#options.clock.now();
    // Measured against what this request was signed with: another one may have corrected the offset meanwhile.
    if (Math.abs(offset - (seen.offsetMs ?? 0)) < SKEW_MS) return false;
    this.#clockOffsetMs = offset;
    return true;
  }
}
