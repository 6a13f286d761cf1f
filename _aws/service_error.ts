/**
 * Turns an error answer into a {@linkcode ServiceError} that says what to do.
 *
 * @module
 */
import {
  isTransientStatus,
  parseHttpDate,
  retryAfterMs,
} from "../_core/http_retry.ts";
import { ServiceError } from "../errors.ts";
import type { ErrorBody } from "./codec.ts";
import { hintFor } from "./error_hints.ts";

/** The code of an action on a stream, shard or consumer that does not exist. */
export const NOT_FOUND = "ResourceNotFoundException";
/** The code of an action on a stream that exists already, or whose state forbids the action. */
export const IN_USE = "ResourceInUseException";

/** Whether an error is an answer of the service with this code. */
export function hasCode(error: unknown, code: string): error is ServiceError {
  return error instanceof ServiceError && error.code === code;
}

// The lists of the AWS SDKs' retry behaviour.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
const THROTTLES = new Set([
  "BandwidthLimitExceeded",
  "KMSThrottlingException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);
const TRANSIENT = new Set([
  "InternalFailure",
  "InternalFailureException",
  "InternalServerError",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
]);
// Their LimitExceededException is about the number of streams or shards, which waiting does not
// change.
const CAPACITY_ACTIONS = new Set(["CreateStream", "UpdateShardCount"]);

/** The session token has expired. The source of the credentials may have a newer one. */
const EXPIRED_CREDENTIALS = new Set(["ExpiredToken", "ExpiredTokenException"]);
/** The service refuses the time of the signature. */
const TIME_CODES = new Set([
  "RequestExpired",
  "RequestExpiredException",
  "RequestInTheFuture",
  "RequestTimeTooSkewed",
]);
/**
 * The service refuses the signature, for its time or for the secret key. Only the message says
 * which of the two.
 */
const SIGNATURE_CODES = new Set([
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
]);
/** The code of an answer with status 400 that names no code in its body or header. */
const BARE_400 = "Http400";

/** An error answer, and the call that it answers. */
export interface ErrorAnswer {
  /** The API action. */
  action: string;
  /** The region or the custom endpoint, for the message. */
  target: string;
  /** The HTTP status. */
  status: number;
  /** The headers of the answer. */
  headers: Headers;
  /** The decoded body. */
  body: ErrorBody;
  /**
   * What to do about an error, for the end of the message.
   * @default {the advice about errors of Kinesis}
   */
  hintFor?: (code: string, action: string) => string | undefined;
  /**
   * Whether the source of the credentials may have other credentials for the next attempt.
   * @default {false}
   */
  credentialsMayChange?: boolean;
  /**
   * The current time, in milliseconds since the epoch, for a `Retry-After` that is a date.
   * @default {Date.now()}
   */
  now?: number;
}

/** Makes the error of an answer. The body may be empty. */
export function serviceError(answer: ErrorAnswer): ServiceError {
  const { action, target, status, headers, body } = answer;
  const code = errorCode(body.type ?? headers.get("x-amzn-errortype")) ??
    `Http${status}`;
  const requestId = requestIdOf(headers);
  const throttled = THROTTLES.has(code) && !CAPACITY_ACTIONS.has(action) ||
    status === 429;
  const retryBriefly = isLateSignature(code, body.message) ||
    code === BARE_400 ||
    answer.credentialsMayChange === true && EXPIRED_CREDENTIALS.has(code);
  const hint = (answer.hintFor ?? hintFor)(code, action);
  const parts = [
    `Cannot ${action} in ${target}: ${code}`,
    body.message ? `: ${body.message.replace(/\.$/, "")}` : "",
    hint ? `. ${hint}` : "",
    requestId ? ` (request ${requestId})` : "",
  ];
  return new ServiceError(parts.join(""), {
    code,
    action,
    status,
    requestId,
    throttled,
    retryable: throttled || isTransient(code, status) || retryBriefly,
    retryBriefly,
    retryAfterMs: retryAfterMs(headers, answer.now ?? Date.now()),
  });
}

/** Whether a code and a status are those of a fault that ends by itself. */
export function isTransient(code: string, status: number): boolean {
  // 501 and 505 are final even if the code is that of a transient fault.
  if (status >= 500) return isTransientStatus(status);
  return TRANSIENT.has(code) || isTransientStatus(status);
}

/** Whether a code says that the session token of the request has expired. */
export function areExpiredCredentials(code: string): boolean {
  return EXPIRED_CREDENTIALS.has(code);
}

/**
 * Signatures are valid for 5 minutes, so a clock that is wrong by less than this time, in
 * milliseconds, is not the reason of a refusal.
 */
const MIN_SKEW_MS = 4 * 60_000;

/**
 * The new correction of the local clock, in milliseconds, after a request that was signed with the
 * correction `offsetMs` was refused. `date` is the `Date` of the answer, `now` the uncorrected
 * time. `undefined` if the refusal is not about the time of the signature, or the time was right.
 */
export function clockCorrection(
  code: string,
  date: string | null | undefined,
  now: number,
  offsetMs: number,
): number | undefined {
  const serverNow = mayBeSkew(code) ? parseHttpDate(date) : undefined;
  if (serverNow === undefined) return undefined;
  const correction = serverNow - now;
  return Math.abs(correction - offsetMs) < MIN_SKEW_MS ? undefined : correction;
}

/** Whether a code may mean that the time of the signature, and so the local clock, is wrong. */
export function mayBeSkew(code: string): boolean {
  return TIME_CODES.has(code) || SIGNATURE_CODES.has(code);
}

/**
 * Whether the signature was too old, or not valid yet, when the request arrived. The same request
 * with a new signature may succeed: the machine may have slept between signing and sending, or the
 * request may have waited for a connection.
 */
export function isLateSignature(
  code: string,
  message: string | undefined,
): boolean {
  return TIME_CODES.has(code) ||
    SIGNATURE_CODES.has(code) &&
      /signature (has )?expired|signature not yet current/i
        .test(message ?? "");
}

/** The id of the request, which AWS support asks for. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("x-amzn-requestid") ?? headers.get("x-amz-request-id") ??
    undefined;
}

/** Whether the code of a request or of a single record asks for fewer requests. */
export function isThrottle(code: string): boolean {
  return THROTTLES.has(code);
}

/** The name in an error type: `X` for `com.amazonaws.kinesis#X`, `X:http://…` and `X`. */
export function errorCode(type: string | null | undefined): string | undefined {
  if (!type) return undefined;
  // Cut at the colon first: the URI after it may contain a hash.
  const name = type.split(":")[0]!;
  return name.slice(name.lastIndexOf("#") + 1).trim() || undefined;
}
