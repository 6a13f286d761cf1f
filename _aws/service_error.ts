/**
 * From an error answer to a {@linkcode ServiceError} that says what to do.
 *
 * @module
 */
import { isTransientStatus, retryAfterMs } from "../_core/http_retry.ts";
import { type KinesisError, ServiceError } from "../errors.ts";
import type { ErrorBody } from "./codec.ts";
import { hintFor } from "./error_hints.ts";

// The lists of the AWS SDKs' retry behaviour. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
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
// A limit on how many streams or shards an account has does not go away by waiting.
const CAPACITY_ACTIONS = new Set(["CreateStream", "UpdateShardCount"]);

/** The session token has expired: other keys of the same source may be good. */
const EXPIRED_KEYS = new Set(["ExpiredToken", "ExpiredTokenException"]);
/** The time of the signature is refused. */
const TIME_CODES = new Set([
  "RequestExpired",
  "RequestInTheFuture",
  "RequestTimeTooSkewed",
]);
/** The signature is refused, for its time or for the secret key: only the message tells which. */
const SIGNATURE_CODES = new Set([
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
]);
/** An answer with status 400 and neither a code in its body nor in its header. */
const BARE_400 = "Http400";

/** What is known of an error answer. */
export interface ErrorAnswer {
  /** The API action. */
  action: string;
  /** Where the request went, for the message: the region, or a custom endpoint. */
  target: string;
  /** The HTTP status. */
  status: number;
  /** The headers of the answer. */
  headers: Headers;
  /** What the body said. */
  body: ErrorBody;
  /** Whether the source of the keys may have others the next time; fixed keys never change. @default {false} */
  keysMayChange?: boolean;
  /** Now, in milliseconds since the epoch, for a `Retry-After` that is a date. @default {Date.now()} */
  now?: number;
}

/** Makes the error; an empty body is no obstacle. */
export function serviceError(answer: ErrorAnswer): ServiceError {
  const { action, target, status, headers, body } = answer;
  const code = errorCode(body.type ?? headers.get("x-amzn-errortype")) ??
    `Http${status}`;
  const requestId = requestIdOf(headers);
  const throttled = THROTTLES.has(code) && !CAPACITY_ACTIONS.has(action) ||
    status === 429;
  const hint = hintFor(code, action);
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
    retryable: throttled || isTransient(code, status) ||
      isLateSignature(code, body.message) || code === BARE_400 ||
      answer.keysMayChange === true && EXPIRED_KEYS.has(code),
    retryAfterMs: retryAfterMs(headers, answer.now ?? Date.now()),
  });
}

/** Whether a code and a status of a service speak of a fault that passes. */
export function isTransient(code: string, status: number): boolean {
  // 501 and 505 say that the server never does this, whatever code stands beside them.
  if (status >= 500) return isTransientStatus(status);
  return TRANSIENT.has(code) || isTransientStatus(status);
}

/** Whether a code says that the session token of the request has expired. */
export function isExpiredKeys(code: string): boolean {
  return EXPIRED_KEYS.has(code);
}

/** Whether a code may be about the time of a signature: the clock of this machine may be wrong. */
export function mayBeSkew(code: string): boolean {
  return TIME_CODES.has(code) || SIGNATURE_CODES.has(code);
}

/**
 * Whether the signature was too old, or not valid yet, when it arrived. Signed again, the same request may be fine: a
 * machine may sleep between signing and sending, or a request may wait for a connection.
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

/**
 * Whether an error that may go away goes away within seconds or never: expired keys whose source may be late, the time of
 * a signature, a 400 without a reason. A program that tries again for a long time gives up on these earlier.
 */
export function healsSoonOrNever({ code, retryable }: KinesisError): boolean {
  return retryable &&
    (EXPIRED_KEYS.has(code) || mayBeSkew(code) || code === BARE_400);
}

/** The request id that AWS support asks for. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("x-amzn-requestid") ?? headers.get("x-amz-request-id") ??
    undefined;
}

/** Whether a code of a single record or request asks for fewer requests. */
export function isThrottle(code: string): boolean {
  return THROTTLES.has(code);
}

/** `com.amazonaws.kinesis#X`, `X:http://…` and `X` are all `X`. */
function errorCode(type: string | null | undefined): string | undefined {
  if (!type) return undefined;
  // The URI behind the colon may have a hash of its own.
  const name = type.split(":")[0]!;
  return name.slice(name.lastIndexOf("#") + 1).trim() || undefined;
}
