/**
 * What to do about an error of the service, for the end of its message.
 *
 * @module
 */

/** What to do about a proxy that answers with status 407. */
export const PROXY_HINT =
  "A proxy on the way asks for credentials: put them into its URL, as in HTTPS_PROXY=http://user:password@host:port, or pass a 'fetch' that sends them";

/** Advice about requests to any service. */
const COMMON_HINTS: Readonly<Record<string, string>> = {
  ExpiredTokenException: "The session token has expired: get new credentials",
  IncompleteSignature:
    "The signature is malformed: check the access key for stray characters",
  InvalidSignatureException:
    "Check the secret access key, and that the clock of this machine is right",
  MissingAuthenticationTokenException: "No credentials arrived: pass some",
  RequestExpired: "Check that the clock of this machine is right",
  RequestExpiredException: "Check that the clock of this machine is right",
  RequestInTheFuture: "Check that the clock of this machine is right",
  RequestTimeTooSkewed: "Check that the clock of this machine is right",
  UnrecognizedClientException:
    "Check the access key id, and the session token if the credentials are temporary",
  Http407: PROXY_HINT,
};

/** Advice about requests to Kinesis. */
const HINTS: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "Allow this action for this resource in the policy of the credentials in use",
  ExpiredIteratorException:
    "An iterator lives 5 minutes: ask for a new one after the last sequence number",
  ResourceNotFoundException:
    "Check the name, and that it is in this region and account",
  // https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
  KMSAccessDeniedException:
    "The stream is encrypted: allow kms:GenerateDataKey for writing and kms:Decrypt for reading, in the policy of the credentials and in that of the KMS key",
  KMSDisabledException:
    "The KMS key of the stream is disabled: enable it, or start the encryption of the stream with another key",
  KMSInvalidStateException:
    "The KMS key of the stream is pending deletion or import, or is not available: cancel the deletion, or start the encryption of the stream with another key",
  KMSNotFoundException:
    "The KMS key of the stream does not exist, or not in this region and account: start the encryption of the stream with another key",
  KMSOptInRequired:
    "This account has no subscription to KMS: finish the sign-up of the account, or stop the encryption of the stream",
  KMSThrottlingException:
    "KMS refuses for the rate of all requests of the account: send fewer and larger requests, or ask for a higher quota of KMS",
  Http413:
    "Something on the way takes no request of this size: put fewer records into a request ('maxBatchBytes' of a Producer), or raise the limit of the proxy",
};

/** What the one code for full accounts and streams means for an action. */
const QUOTA_HINTS: Readonly<Record<string, string>> = {
  CreateStream:
    "The account has all the shards or on-demand streams that it may have, or makes 5 streams already: delete some, wait until the others are ACTIVE, or ask for a higher quota (describeLimits tells them)",
  UpdateShardCount:
    "The account has all the shards that it may have, or changed this stream too often within 24 hours: wait, delete some, or ask for a higher quota (describeLimits tells them)",
  CreateChannel:
    "The account has all the channels that it may have, or made too many calls on channels within a second: delete some, or wait (describeLimits tells the quota)",
  CreateQueue:
    "The stream has all the registered consumers and queues that it may have, or the account makes or deletes 5 queues already: delete some, or wait until the others are ACTIVE",
  RegisterStreamConsumer:
    "The stream has all the consumers that it may have, or makes 5 of them already: deregister some, or wait until the others are ACTIVE",
};

/** What the code for a name that is taken, and for a state that forbids an action, means. */
const IN_USE_HINTS: Readonly<Record<string, string>> = {
  CreateChannel:
    "A channel with this name exists, perhaps created by an attempt of this call whose answer was lost: listAllChannels finds its ARN",
  CreateQueue:
    "A queue with this name exists, perhaps created by an attempt of this call whose answer was lost: listAllQueues finds its ARN",
};

/** What an action needs besides the permission of its name. */
const ACCESS_HINTS: Readonly<Record<string, string>> = {
  CreateChannel:
    "Allow this action, and iam:PassRole for the role of the channel, in the policy of the credentials in use",
  CreateQueue:
    "Allow this action, and kinesis:AssociateStreamsWithQueue for the stream, in the policy of the credentials in use",
};

/** What to do about an error of Kinesis with this code; `undefined` where there is no advice. */
export function hintFor(code: string, action: string): string | undefined {
  if (code === "LimitExceededException") return QUOTA_HINTS[action];
  if (code === "ResourceInUseException") return IN_USE_HINTS[action];
  if (code === "AccessDeniedException" && Object.hasOwn(ACCESS_HINTS, action)) {
    return ACCESS_HINTS[action];
  }
  if (Object.hasOwn(HINTS, code)) return HINTS[code];
  return commonHintFor(code, "Kinesis");
}

/** What to do about an error that every service may answer with. */
export function commonHintFor(
  code: string,
  service: string,
): string | undefined {
  if (Object.hasOwn(COMMON_HINTS, code)) return COMMON_HINTS[code];
  const [, status] = /^Http(\d{3})$/.exec(code) ?? [];
  if (!status) return undefined;
  if (Number(status) >= 500) {
    return `The answer has status ${status} and names no reason: the service, or a proxy or load balancer on the way, is in trouble`;
  }
  const lacks = `names no reason, as every answer of ${service} does`;
  const check = `Check that the endpoint is one of ${service}`;
  if (status === "400") {
    return `The answer ${lacks}: it was cut, or it comes from something on the way. ${check}`;
  }
  if (status === "403") {
    return `The answer ${lacks}: a proxy or firewall on the way refuses. Check the endpoint and the network`;
  }
  if (status === "404") return `The answer ${lacks}. ${check}`;
  return `The answer has status ${status} and ${lacks}. ${check}`;
}
