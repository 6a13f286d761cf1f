/**
 * The two calls of the Security Token Service that turn one identity into the credentials of a role.
 *
 * @see {@link https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html}
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import { checkRegion, partitionOf } from "../_aws/partitions.ts";
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import { delay } from "../_core/clock.ts";
import { KinesisError, ResponseError, ServiceError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, SESSION_TOKEN_SHAPE } from "./document.ts";
import { envOf } from "./environment.ts";
import { type HttpAnswer, type ProviderContext, send } from "./http.ts";
import { findXml, parseXml, type XmlElement } from "./xml.ts";

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
}

const STS_VERSION = "2011-06-15";
/** Where roles are assumed if no region is known, as in the SDKs. */
const FALLBACK_REGION = "us-east-1";
const ATTEMPTS = 3;
/** Asks for another try although the status is 400: the identity provider did not answer STS in time. */
const RETRYABLE_CODES = ["IDPCommunicationError"];
const THROTTLES = /^(Throttling|ThrottlingException|RequestLimitExceeded)$/;

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
  for (let attempt = 1;; attempt++) {
    try {
      return await callOnce(context, request);
    } catch (error) {
      const isRetryable = error instanceof KinesisError && error.retryable;
      if (!isRetryable || attempt >= ATTEMPTS) throw error;
      await delay(200 * 2 ** attempt, { clock: context.clock });
    }
  }
}

async function callOnce(
  context: ProviderContext,
  request: StsRequest,
): Promise<Credentials> {
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
      datetime: new Date(context.clock.now()).toISOString()
        .replace(/[:-]|\.\d{3}/g, ""),
    }).sign();
  const what = `${action} for ${request.parameters.RoleArn}`;
  const answer = await send(context, {
    what,
    url,
    method: "POST",
    headers: signed?.headers ?? headers,
    body: body.toString(),
    // A signature ages; the loop above signs again.
    attempts: 1,
  });
  return credentialsFromAnswer(action, what, answer);
}

function endpointOf(
  { environment }: ProviderContext,
  { endpoint, region: wanted }: StsRequest,
): { url: URL; region: string } {
  const region = checkRegion(
    wanted ?? envOf(environment, "AWS_REGION") ??
      envOf(environment, "AWS_DEFAULT_REGION") ?? FALLBACK_REGION,
  );
  for (const name of ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]) {
    const custom = endpoint ?? envOf(environment, name);
    if (!custom) continue;
    const option = endpoint ? "stsEndpoint" : name;
    return { url: parseEndpointUrl(option, custom), region };
  }
  const partition = partitionOf(region);
  const isFips = envOf(environment, "AWS_USE_FIPS_ENDPOINT") === "true" &&
    partition.name !== "aws-us-gov";
  const host = `sts${isFips ? "-fips" : ""}.${region}.${partition.dnsSuffix}`;
  return { url: new URL(`https://${host}/`), region };
}

function credentialsFromAnswer(
  action: string,
  what: string,
  { status, headers, text }: HttpAnswer,
): Credentials {
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (cause) {
    throw new ResponseError(
      `Cannot read the answer to ${what}: HTTP status ${status}, ${
        (cause as Error).message
      }`,
      { status, retryable: status >= 500 },
    );
  }
  if (status !== 200) throw errorFromAnswer(action, status, headers, root);
  const result = `${action}Result`;
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
  action: string,
  status: number,
  headers: Headers,
  root: XmlElement,
): ServiceError {
  const code = findXml(root, ["Error", "Code"])?.text || "UnknownError";
  const message = findXml(root, ["Error", "Message"])?.text || "no message";
  const throttled = status === 429 || THROTTLES.test(code);
  return new ServiceError(`Cannot ${action}: ${code}: ${message}`, {
    code,
    action,
    status,
    throttled,
    requestId: findXml(root, ["RequestId"])?.text ||
      headers.get("x-amzn-requestid") || undefined,
    retryable: throttled || status >= 500 || RETRYABLE_CODES.includes(code),
  });
}

/** The name of a session that was given none. */
export function sessionName({ clock }: ProviderContext): string {
  return `webstreams-kinesis-${clock.now()}`;
}
