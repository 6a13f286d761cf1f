/**
 * The two calls of the Security Token Service that turn one identity into the credentials of a role.
 *
 * @see {@link https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html}
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import { checkRegion, partitionOf } from "../_aws/partitions.ts";
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import {
  areExpiredCredentials,
  isLateSignature,
  isThrottle,
  isTransient,
  mayBeSkew,
} from "../_aws/service_error.ts";
import { delay } from "../_core/clock.ts";
import {
  askedToWaitMs,
  isTransientStatus,
  parseHttpDate,
} from "../_core/http_retry.ts";
import { KinesisError, ResponseError, ServiceError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, SESSION_TOKEN_SHAPE } from "./_document.ts";
import { envOf } from "./environment.ts";
import {
  type HttpAnswer,
  LONGEST_DELAY_MS,
  type ProviderContext,
  send,
} from "./http.ts";
import { findXml, parseXml, type XmlElement } from "./_xml.ts";

/** A call of STS. */
export interface StsRequest {
  /** The action. */
  readonly action: "AssumeRole" | "AssumeRoleWithWebIdentity";
  /** The parameters; those that are undefined are not sent. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** The region whose STS is asked. Default: that of the surroundings, else us-east-1. */
  readonly region?: string;
  /** The URL of STS. Default: that of `AWS_ENDPOINT_URL_STS` or `AWS_ENDPOINT_URL`, else of the region. */
  readonly endpoint?: string | URL;
  /** What to sign with; absent for AssumeRoleWithWebIdentity, whose token is the proof. */
  readonly credentials?: Credentials;
  /** Whether the credentials or the token are looked up anew for every call, so that expired ones may be replaced. */
  readonly credentialsMayChange?: boolean;
}

const STS_VERSION = "2011-06-15";
/** Where roles are assumed if no region is known, as in the SDKs. */
const FALLBACK_REGION = "us-east-1";
const ATTEMPTS = 3;
/** Signatures are valid for 5 minutes; a clock that is off by less is not the reason of a refusal. */
const SKEW_MS = 4 * 60_000;
/** Asks for another try although the status is 400: the identity provider did not answer STS in time. */
const RETRYABLE_CODES = ["IDPCommunicationError"];

/**
 * Asks STS for credentials.
 *
 * @throws {ServiceError} if STS refuses
 * @throws {ResponseError} if the answer is not one of STS
 */
export async function callSts(
  context: ProviderContext,
  request: StsRequest,
): Promise<Credentials> {
  const { clock } = context;
  let offsetMs = 0;
  for (let attempt = 1;; attempt++) {
    let answer: HttpAnswer | undefined;
    try {
      // A signature ages, so every attempt has its own.
      answer = await post(context, request, clock.now() + offsetMs);
      return credentialsFromAnswer(request, answer);
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof KinesisError)) throw error;
      const skew = skewOf(error, answer, clock.now());
      const isOff = Math.abs(skew - offsetMs) >= SKEW_MS;
      // The same expired keys would be refused again. The next look-up reads them anew.
      const isOfUse = error.retryable && !areExpiredCredentials(error.code);
      if (!isOff && !isOfUse) throw error;
      if (isOff) offsetMs = skew;
      const asked = askedToWaitMs(error, LONGEST_DELAY_MS);
      await delay(Math.max(200 * 2 ** attempt, asked), { clock });
    }
  }
}

/** How far the clock of STS is ahead, in milliseconds, if it refuses the time of a signature; `NaN` if it does not. */
function skewOf(
  error: KinesisError,
  answer: HttpAnswer | undefined,
  now: number,
): number {
  if (!mayBeSkew(error.code)) return NaN;
  return (parseHttpDate(answer?.headers.get("date")) ?? NaN) - now;
}

async function post(
  context: ProviderContext,
  request: StsRequest,
  now: number,
): Promise<HttpAnswer> {
  const { action, credentials } = request;
  const { url, region } = endpointOf(context, request);
  const body = new URLSearchParams({ Action: action, Version: STS_VERSION });
  for (const [name, value] of Object.entries(request.parameters)) {
    if (value !== undefined) body.set(name, value);
  }
  const headers = new Headers({
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
  });
  const signed = credentials &&
    await new AwsV4Signer({
      method: "POST",
      url: url.href,
      headers,
      body: body.toString(),
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
      service: "sts",
      region,
      datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    }).sign();
  return await send(context, {
    what: whatIsAsked(request),
    url,
    method: "POST",
    headers: signed?.headers ?? headers,
    body: body.toString(),
    attempts: 1,
  });
}

function whatIsAsked({ action, parameters }: StsRequest): string {
  return `${action} for ${parameters.RoleArn}`;
}

function endpointOf(
  { environment }: ProviderContext,
  { action, endpoint, region: wanted }: StsRequest,
): { url: URL; region: string } {
  const region = checkRegion(
    `Cannot ${action} as 'region'`,
    wanted ?? envOf(environment, "AWS_REGION") ??
      envOf(environment, "AWS_DEFAULT_REGION") ?? FALLBACK_REGION,
  );
  for (const name of ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]) {
    const custom = endpoint ?? envOf(environment, name);
    if (!custom) continue;
    const source = endpoint ? "'stsEndpoint'" : name;
    const url = parseEndpointUrl(`Cannot ${action} as ${source}`, custom);
    return { url, region };
  }
  const partition = partitionOf(region);
  const isFips = envOf(environment, "AWS_USE_FIPS_ENDPOINT") === "true" &&
    partition.name !== "aws-us-gov";
  const host = `sts${isFips ? "-fips" : ""}.${region}.${partition.dnsSuffix}`;
  return { url: new URL(`https://${host}/`), region };
}

function credentialsFromAnswer(
  request: StsRequest,
  answer: HttpAnswer,
): Credentials {
  const { status, text } = answer;
  const what = whatIsAsked(request);
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (cause) {
    throw new ResponseError(
      `Cannot read the answer to ${what}: HTTP status ${status}, ${
        (cause as Error).message
      }`,
      // Without a reason of STS, a 400 comes from something on the way, or was cut.
      { status, retryable: status === 400 || isTransientStatus(status) },
    );
  }
  if (status !== 200) throw errorFromAnswer(request, answer, root);
  const result = `${request.action}Result`;
  const found = findXml(root, [result, "Credentials"]);
  const document = new Map(found?.children.map((c) => [c.name, c.text]));
  // arn:aws:sts::<account>:assumed-role/<role>/<session>
  const arn = findXml(root, [result, "AssumedRoleUser", "Arn"])?.text;
  return credentialsFromDocument(
    `the answer to ${what}`,
    { ...Object.fromEntries(document), AccountId: arn?.split(":")[4] },
    SESSION_TOKEN_SHAPE,
  );
}

function errorFromAnswer(
  { action, credentialsMayChange }: StsRequest,
  { status, headers, retryAfterMs }: HttpAnswer,
  root: XmlElement,
): ServiceError {
  const code = findXml(root, ["Error", "Code"])?.text || "UnknownError";
  const message = findXml(root, ["Error", "Message"])?.text || "no message";
  const throttled = status === 429 || isThrottle(code);
  return new ServiceError(`Cannot ${action}: ${code}: ${message}`, {
    code,
    action,
    status,
    throttled,
    requestId: findXml(root, ["RequestId"])?.text ||
      headers.get("x-amzn-requestid") || undefined,
    retryable: throttled || isTransient(code, status) ||
      isLateSignature(code, message) || RETRYABLE_CODES.includes(code) ||
      credentialsMayChange === true && areExpiredCredentials(code),
    retryAfterMs,
  });
}

/** The name of a session that was given none. */
export function sessionName({ clock }: ProviderContext): string {
  return `webstreams-kinesis-${clock.now()}`;
}
