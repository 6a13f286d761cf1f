/**
 * The codes of the service that programs meet, with what they mean. What to do about most of them is
 * the end of their message, from `_aws/error_hints.ts`.
 *
 * @module
 */

/** A code of the service. */
export interface ServiceCode {
  readonly code: string;
  readonly meaning: string;
  /** What to do, if the message does not say it. */
  readonly remedy?: string;
}

/** The codes, those of writing and reading first. */
export const SERVICE_CODES: readonly ServiceCode[] = [
  {
    code: "ProvisionedThroughputExceededException",
    meaning: "The rate of a shard is exceeded.",
    remedy: "Retried. [It throttles](./troubleshooting.md#it-throttles).",
  },
  {
    code: "ThrottlingException",
    meaning: "Too many requests a second of one kind.",
    remedy:
      "Retried. If it lasts: fewer workers, or a longer `pollIntervalMs`.",
  },
  {
    code: "LimitExceededException",
    meaning:
      "A quota of the account or stream is used up, or too many control calls a second.",
    remedy: "The message says which quota. `kinesis doctor` shows the quotas.",
  },
  {
    code: "InternalFailure",
    meaning: "A fault of the service.",
    remedy: "Retried. If it lasts, ask AWS support with `requestId`.",
  },
  {
    code: "ResourceNotFoundException",
    meaning:
      "The stream, shard, consumer or queue does not exist in this region and account.",
  },
  {
    code: "ResourceInUseException",
    meaning:
      "The stream is being created, changed or deleted, or the name is taken.",
    remedy: "Wait until it is ACTIVE.",
  },
  {
    code: "InvalidArgumentException",
    meaning: "A value of the request is not allowed.",
    remedy: "The message of the service names it.",
  },
  {
    code: "ValidationException",
    meaning: "A value of the request has a wrong form.",
    remedy: "The message of the service names it.",
  },
  {
    code: "ExpiredIteratorException",
    meaning: "An iterator is older than 5 minutes.",
    remedy: "A `Consumer` asks for a new one by itself.",
  },
  {
    code: "AccessDeniedException",
    meaning: "A policy does not allow the action.",
  },
  {
    code: "UnrecognizedClientException",
    meaning: "The access key is not known.",
  },
  {
    code: "InvalidSignatureException",
    meaning: "The signature does not match, or is too old.",
  },
  { code: "IncompleteSignature", meaning: "The signature is malformed." },
  {
    code: "MissingAuthenticationTokenException",
    meaning: "The request was not signed.",
  },
  {
    code: "ExpiredTokenException",
    meaning: "The temporary credentials are over.",
  },
  { code: "RequestExpired", meaning: "The time of the signature is over." },
  {
    code: "RequestInTheFuture",
    meaning: "The time of the signature is in the future.",
  },
  {
    code: "RequestTimeTooSkewed",
    meaning: "The time of the signature is wrong.",
  },
  {
    code: "KMSAccessDeniedException",
    meaning: "The KMS key of the stream may not be used.",
  },
  {
    code: "KMSDisabledException",
    meaning: "The KMS key of the stream is disabled.",
  },
  {
    code: "KMSInvalidStateException",
    meaning: "The KMS key of the stream cannot be used now.",
  },
  {
    code: "KMSNotFoundException",
    meaning: "The KMS key of the stream does not exist.",
  },
  {
    code: "KMSOptInRequired",
    meaning: "The account has no subscription to KMS.",
  },
  { code: "KMSThrottlingException", meaning: "KMS is called too often." },
  { code: "Http407", meaning: "A proxy wants credentials." },
  {
    code: "Http413",
    meaning: "The request is too large for something on the way.",
  },
  { code: "Http503", meaning: "The answer has status 503 and no code." },
];
