/**
 * Sends calls: finds the destination, makes attempts within their time limit, and retries.
 *
 * @module
 */
import type { Codec } from "../_aws/codec.ts";
import {
  areExpiredCredentials,
  clockCorrection,
  mayBeSkew,
} from "../_aws/service_error.ts";
import { delay, LONGEST_TIMER_MS, monotonicNow } from "../_core/clock.ts";
import { startDeadline } from "../_core/deadline.ts";
import { notify } from "../_core/notify.ts";
import { ServiceError, TimeoutError } from "../errors.ts";
import {
  type CredentialsSource,
  credentialsSource,
} from "./credentials_source.ts";
import type { DestinationFinder } from "./destination.ts";
import { type AttemptFacts, type Call, Exchange } from "./exchange.ts";
import { Retries, type Retry } from "./retries.ts";
import {
  type CallOptions,
  resolveCallOptions,
  type ResolvedServiceOptions,
} from "./options.ts";
import type { Service } from "./service.ts";

/** Codes of unknown credentials. Their source may have replaced them since the last look-up. */
const UNKNOWN_CREDENTIALS = new Set([
  "InvalidClientTokenId",
  "UnrecognizedClientException",
]);

/** The corrections that a call has already had. Each is made once. */
interface Repairs {
  skew: boolean;
  signature: boolean;
  credentials: boolean;
}

/** An encoded request whose destination is not known yet. */
type Request = Omit<Call, "destination"> & { readonly request: object };

/** Sends a request once. */
type Attempt<T> = (
  call: Call,
  now: number,
  signal: AbortSignal,
  facts: AttemptFacts,
) => Promise<T>;

/** An answer of which only status and headers have been read. */
export interface OpenAnswer {
  /** The answer. Its body is still to be read. */
  readonly response: Response;
  /** The region or endpoint that the answer comes from, for messages. */
  readonly target: string;
}

/** What a {@linkcode Transport} is made of. */
export interface TransportParts {
  /** The service that is called. */
  readonly service: Service;
  /** The options of the user, with defaults. */
  readonly options: ResolvedServiceOptions;
  /** The encoding of requests. */
  readonly codec: Codec;
  /** Finds where requests go. */
  readonly destinations: DestinationFinder;
}

/** Options of a call, and whether it may be sent again. */
export interface TransportCallOptions extends CallOptions {
  /**
   * Whether the call may be sent again after this failure, if the failure is retryable.
   * @default {() => true}
   */
  mayRepeat?: (failure: unknown) => boolean;
  /**
   * How long the service itself waits before it answers, in milliseconds. It is added to the time
   * limit of each attempt.
   * @default {0}
   */
  waitMs?: number;
  /**
   * Whether records of the answer may be left in its bytes; see {@linkcode Codec.decode}.
   * @default {false}
   */
  viewsRecords?: boolean;
}

/**
 * Sends calls. All calls share one retry quota, the derived signing keys, and the correction of the
 * clock.
 */
export class Transport {
  readonly #options: ResolvedServiceOptions;
  readonly #credentials: CredentialsSource;
  readonly #destinations: DestinationFinder;
  readonly #exchange: Exchange;
  readonly #retries: Retries;
  #clockOffsetMs = 0;
  /** The `Date` of the last answer, and the time of the monotonic clock when it arrived. */
  #serviceTime: { readonly date: number; readonly at: number } | undefined;

  /** Makes a transport. */
  constructor({ service, options, codec, destinations }: TransportParts) {
    const credentials = credentialsSource(options.credentials, {
      ...options,
      owner: service.owner,
    });
    this.#options = options;
    this.#credentials = credentials;
    this.#retries = new Retries(options);
    this.#destinations = destinations;
    const { fetch } = options;
    this.#exchange = new Exchange({ service, codec, fetch, credentials });
  }

  /**
   * The time of the service, in milliseconds since the epoch, from the `Date` of its last answer.
   * Never ahead of the service. `undefined` before the first answer.
   */
  get serviceNow(): number | undefined {
    if (!this.#serviceTime) return undefined;
    const { date, at } = this.#serviceTime;
    return date + monotonicNow(this.#options.clock) - at;
  }

  /** Sends one call and resolves with the decoded answer. */
  call(
    action: string,
    request: object,
    options: TransportCallOptions = {},
  ): Promise<object> {
    return this.#run(
      action,
      request,
      options,
      (...attempt) => this.#exchange.answer(...attempt, options.viewsRecords),
    );
  }

  /**
   * Sends one call and resolves when status and headers of the answer have arrived. The time limit
   * ends then. The caller must read or cancel the body.
   */
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
    options: TransportCallOptions,
    attemptOnce: Attempt<T>,
  ): Promise<T> {
    const { clock, hooks } = this.#options;
    const { signal, mayRepeat = () => true, waitMs } = options;
    const limits = resolveCallOptions(action, options, this.#options);
    const timeoutMs = withWait(limits.timeoutMs, waitMs);
    const body = this.#exchange.encode(action, request);
    const requestBytes = body.length;
    const repairs = { skew: false, signature: false, credentials: false };
    let retry: Retry | undefined;
    for (let attempt = 1;; attempt++) {
      signal?.throwIfAborted();
      const started = monotonicNow(clock);
      const facts: AttemptFacts = { responseBytes: 0 };
      let failure: unknown;
      let answer: T | undefined;
      try {
        answer = await this.#attempt(
          { action, request, body, isRepeated: attempt > 1 },
          timeoutMs,
          signal,
          facts,
          attemptOnce,
        );
      } catch (error) {
        failure = error;
      }
      const ended = monotonicNow(clock);
      const date = Date.parse(facts.date ?? "");
      if (!Number.isNaN(date)) this.#serviceTime = { date, at: ended };
      const event = {
        action,
        attempt,
        durationMs: ended - started,
        status: facts.status,
        requestBytes,
        responseBytes: facts.responseBytes,
      };
      if (answer !== undefined) {
        this.#retries.succeeded(retry);
        notify(hooks, "onAttempt", event);
        return answer;
      }
      let retryDelayMs: number | undefined;
      if (this.#canRepair(failure, facts, repairs)) {
        // Retried at once: only the date, the signature or the credentials were wrong.
        retryDelayMs = 0;
      } else if (
        attempt < limits.maxAttempts && !signal?.aborted && mayRepeat(failure)
      ) {
        retry = this.#retries.next(failure, attempt - 1);
        retryDelayMs = retry?.delayMs;
      }
      notify(hooks, "onAttempt", { ...event, error: failure, retryDelayMs });
      if (retryDelayMs === undefined) throw failure;
      await delay(retryDelayMs, { clock, signal });
    }
  }

  /** One attempt with its time limit, from the look-up of the destination to the answer. */
  async #attempt<T>(
    { action, request, body, isRepeated }: Request,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    facts: AttemptFacts,
    attemptOnce: Attempt<T>,
  ): Promise<T> {
    const { clock } = this.#options;
    let missing =
      ": no answer of the variables and files that name the endpoint";
    const deadline = startDeadline(timeoutMs, () =>
      new TimeoutError(
        `Cannot ${action}${missing} within ${timeoutMs} ms`,
        { timeoutMs },
      ), { clock, signal });
    facts.offsetMs = this.#clockOffsetMs;
    try {
      // Looked up in each attempt: a look-up that failed may succeed the next time.
      const found = this.#destinations.of(action, request, deadline.signal);
      let destination = found instanceof Promise ? await found : found;
      missing = ` in ${destination.name}: no complete answer`;
      if (destination.ofAccount) {
        const accountId = await this.#credentials.accountId(
          action,
          deadline.signal,
        );
        destination = destination.ofAccount(action, accountId);
      }
      return await attemptOnce(
        { action, body, destination, isRepeated },
        clock.now() + this.#clockOffsetMs,
        deadline.signal,
        facts,
      );
    } finally {
      deadline.clear();
    }
  }

  /** Corrects the cause of a failure, if there is a correction that this call has not had yet. */
  #canRepair(
    failure: unknown,
    facts: AttemptFacts,
    repairs: Repairs,
  ): boolean {
    if (!(failure instanceof ServiceError)) return false;
    const { code } = failure;
    if (!repairs.skew && this.#correctClock(code, facts)) {
      return repairs.skew = true;
    }
    // The clock is right and the request arrived late: a new signature is enough.
    if (!repairs.signature && mayBeSkew(code) && failure.retryable) {
      return repairs.signature = true;
    }
    const isAboutCredentials = areExpiredCredentials(code) ||
      UNKNOWN_CREDENTIALS.has(code);
    if (repairs.credentials || !isAboutCredentials || !facts.credentials) {
      return false;
    }
    return repairs.credentials = this.#credentials.expire(facts.credentials);
  }

  #correctClock(code: string, facts: AttemptFacts): boolean {
    const correction = clockCorrection(
      code,
      facts.date,
      this.#options.clock.now(),
      // Not the current offset, which another call may have corrected since.
      facts.offsetMs ?? 0,
    );
    if (correction === undefined) return false;
    this.#clockOffsetMs = correction;
    return true;
  }
}

/** The time limit of an attempt whose service waits before it answers. */
function withWait(timeoutMs: number, waitMs = 0): number {
  // A wait that is no number is refused by the service.
  const total = timeoutMs + (waitMs > 0 ? waitMs : 0);
  return timeoutMs === Infinity ? total : Math.min(total, LONGEST_TIMER_MS);
}
