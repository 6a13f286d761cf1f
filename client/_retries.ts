/**
 * Whether and when an attempt that failed is made again.
 *
 * @module
 */
import { type Backoff, fullJitter } from "../_core/backoff.ts";
import { isExpiredKeys } from "../_aws/service_error.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { RetryQuota } from "./_retry_quota.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { ResolvedClientOptions } from "./options.ts";

// The numbers of the AWS SDKs' standard mode. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const QUOTA = { capacity: 500, transient: 14, throttle: 5, success: 1 };
const BASE_DELAY_MS = 50;
const SLOW_BASE_DELAY_MS = 1000;

/** A retry that was granted. */
export interface Retry {
  /** How long to wait, in milliseconds. */
  readonly delayMs: number;
  /** What it took from the quota; given back when it succeeds. */
  readonly cost: number;
}

/** The rules of retries, and the quota that all calls of a client share. */
export class Retries {
  readonly #options: Pick<ResolvedClientOptions, "maxDelayMs" | "random">;
  readonly #quota = new RetryQuota(QUOTA.capacity);

  /** Starts with a full quota. */
  constructor(options: Pick<ResolvedClientOptions, "maxDelayMs" | "random">) {
    this.#options = options;
  }

  /** Grants a retry after a failure, from 0 for the first one; `undefined` if it is of no use or the quota is used up. */
  next(failure: unknown, retry: number): Retry | undefined {
    if (!(failure instanceof KinesisError) || !failure.retryable) {
      return undefined;
    }
    const isThrottled = failure instanceof ServiceError && failure.throttled;
    const cost = isThrottled ? QUOTA.throttle : QUOTA.transient;
    if (!this.#quota.take(cost)) return undefined;
    const { maxDelayMs: maxMs, random } = this.#options;
    // New keys take their source a moment, as room in a shard does.
    const isSlow = isThrottled || isExpiredKeys(failure.code);
    const backoff: Backoff = {
      baseMs: isSlow ? SLOW_BASE_DELAY_MS : BASE_DELAY_MS,
      maxMs,
    };
    const wait = fullJitter(backoff, retry, random);
    return { delayMs: Math.max(wait, askedToWaitMs(failure, maxMs)), cost };
  }

  /** A call has succeeded, after this retry if there was one. */
  succeeded(retry: Retry | undefined): void {
    this.#quota.give(retry?.cost ?? QUOTA.success);
  }
}
