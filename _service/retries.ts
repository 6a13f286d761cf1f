/**
 * Decides whether a failed attempt is retried, and after which delay.
 *
 * @module
 */
import { areExpiredCredentials } from "../_aws/service_error.ts";
import { fullJitter } from "../_core/backoff.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { ResolvedServiceOptions } from "./options.ts";
import { RetryQuota } from "./retry_quota.ts";

// The numbers of the standard mode of the AWS SDKs.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const QUOTA = { capacity: 500, transient: 14, throttle: 5, success: 1 };
/** Upper bound of the first delay, in milliseconds. */
const BASE_DELAY_MS = 50;
/** The same after a throttle or expired credentials: both take a second or more to end. */
const SLOW_BASE_DELAY_MS = 1000;

/** A retry that was granted. */
export interface Retry {
  /** The delay before the retry, in milliseconds. */
  readonly delayMs: number;
  /** The tokens that it took from the quota. They are given back if it succeeds. */
  readonly cost: number;
}

/** Grants retries from a quota that all calls of a client share. */
export class Retries {
  readonly #options: Pick<ResolvedServiceOptions, "maxDelayMs" | "random">;
  readonly #quota = new RetryQuota(QUOTA.capacity);

  /** Starts with a full quota. */
  constructor(options: Pick<ResolvedServiceOptions, "maxDelayMs" | "random">) {
    this.#options = options;
  }

  /**
   * Grants a retry after a failure. `retry` counts the retries of the call, from 0. Returns
   * `undefined` if the failure is not retryable or the quota is used up.
   */
  next(failure: unknown, retry: number): Retry | undefined {
    if (!(failure instanceof KinesisError) || !failure.retryable) {
      return undefined;
    }
    const isThrottled = failure instanceof ServiceError && failure.throttled;
    const cost = isThrottled ? QUOTA.throttle : QUOTA.transient;
    if (!this.#quota.take(cost)) return undefined;
    const { maxDelayMs: maxMs, random } = this.#options;
    const isSlow = isThrottled || areExpiredCredentials(failure.code);
    const baseMs = isSlow ? SLOW_BASE_DELAY_MS : BASE_DELAY_MS;
    const delayMs = fullJitter({ baseMs, maxMs }, retry, random);
    return { delayMs: Math.max(delayMs, askedToWaitMs(failure, maxMs)), cost };
  }

  /** Notes that a call has succeeded. `retry` is the retry that succeeded, if it was one. */
  succeeded(retry: Retry | undefined): void {
    this.#quota.give(retry?.cost ?? QUOTA.success);
  }
}
