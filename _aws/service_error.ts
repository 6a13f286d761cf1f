/**
 * From an error answer to a {@linkcode ServiceError} that says what to do.
 *
 * @module
 */
import { ServiceError } from "../errors.ts";
import type { ErrorBody } from "./codec.ts";

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
const TRANSIENT_STATUS = new Set([500, 502, 503, 504]);
// A limit on how many streams or shards an account has does not go away by waiting.
const CAPACITY_ACTIONS = new Set(["CreateStream", "UpdateShardCount"]);

const HINTS: Record<string, string> = {
  AccessDeniedException:
    "Allow this action for this stream in the policy of the credentials in use",
  ExpiredIteratorException:
    "An iterator lives 5 minutes: ask for a new one after the last sequence number",
  ExpiredTokenException: "The session token has expired: get new credentials",
  IncompleteSignature:
    "The signature is malformed: check the access key for stray characters",
  InvalidSignatureException:
    "Check the secret access key, and that the clock of this machine is right",
  MissingAuthenticationTokenException: "No credentials arrived: pass some",
  ResourceNotFoundException:
    "Check the name, and that it is in this region and account",
  UnrecognizedClientException:
    "Check the access key id, and the session token if the credentials are temporary",
};

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
}

/** Makes the error; an empty body is no obstacle. */
export function serviceError(
  { action, target, status, headers, body }: ErrorAnswer,
): ServiceError {
  const code = errorCode(body.type ?? headers.get("x-amzn-errortype")) ??
    `Http${status}`;
  const requestId = requestIdOf(headers);
  const throttled = THROTTLES.has(code) && !CAPACITY_ACTIONS.has(action) ||
    status === 429;
  const hint = HINTS[code];
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
    retryable: throttled || TRANSIENT.has(code) || TRANSIENT_STATUS.has(status),
    retryAfterMs: retryAfter(headers),
  });
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
export function errorCode(type: string | null | undefined): string | undefined {
  if (!type) return undefined;
  // The URI behind the colon may have a hash of its own.
  const name = type.split(":")[0]!;
  return name.slice(name.lastIndexOf("#") + 1).trim() || undefined;
}

function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
