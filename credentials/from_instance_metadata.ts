/**
 * Credentials of an EC2 instance, from version 2 of its metadata service. Version 1 is not used: it
 * answers plain GET requests, which an attacker may be able to trigger.
 *
 * @see
 * {@link https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html}
 * @module
 */
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import { CredentialsError, KinesisError } from "../errors.ts";
import { createCredentials, type CredentialsProvider } from "./credentials.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, TOKEN_SHAPE } from "./_document.ts";
import { envOf, notConfigured, unusable } from "./environment.ts";
import {
  contextOf,
  type HttpRequest,
  parseSecretJson,
  type ProviderContext,
  type ProviderOptions,
  refused,
  secretHeader,
  send,
} from "./http.ts";
import { loadSharedFiles, profileNameOf } from "./shared_files.ts";

/** Options of {@linkcode fromInstanceMetadata}. */
export interface InstanceMetadataOptions extends ProviderOptions {
  /**
   * The time limit of one request, in milliseconds. Outside of EC2 the first request takes this
   * time and is the only one.
   * @default {1000}
   */
  timeoutMs?: number;
  /** The profile that may name the URL of the service. Default: `AWS_PROFILE`, then `default`. */
  profile?: string;
  /**
   * The URL of the service. Default: `AWS_EC2_METADATA_SERVICE_ENDPOINT`, then the setting
   * `ec2_metadata_service_endpoint` of the profile, then `http://169.254.169.254`.
   */
  endpoint?: string | URL;
}

const IPV4 = "http://169.254.169.254";
const IPV6 = "http://[fd00:ec2::254]";
const ROLE_PATH = "/latest/meta-data/iam/security-credentials/";
const TOKEN_TTL_SECONDS = "21600";
const WHAT = "the instance's credentials";
/**
 * Expired credentials are used for this time, in milliseconds. If the metadata service is late, EC2
 * accepts the old credentials for longer. The AWS SDKs do the same.
 */
const EXTENSION_MS = 15 * 60 * 1000;

/**
 * Makes a provider that requests the credentials of the instance's role from the metadata service.
 * The provider rejects with a {@linkcode CredentialsError} if `AWS_EC2_METADATA_DISABLED` is true,
 * the service does not answer, or the instance has no role.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 * @throws {RangeError} if `timeoutMs` is out of range
 */
export function fromInstanceMetadata(
  options: InstanceMetadataOptions = {},
): CredentialsProvider {
  const context = contextOf("fromInstanceMetadata", options, {
    timeoutMs: true,
    profile: true,
    endpoint: true,
  });
  const timeoutMs = timeOption(
    new OptionCheck("Cannot use fromInstanceMetadata"),
    "timeoutMs",
    options.timeoutMs,
    { default: 1000 },
  );
  const { environment, clock } = context;
  return async () => {
    const flag = "AWS_EC2_METADATA_DISABLED";
    if (envOf(environment, flag)?.toLowerCase() === "true") {
      throw notConfigured(`${flag} is true`);
    }
    const base = await endpointOf(context, options);
    const token = await getToken(context, base, timeoutMs);
    const get = async (path: string) => {
      const answer = await ask(context, {
        url: new URL(path, base),
        headers: { "x-aws-ec2-metadata-token": token },
        timeoutMs,
      });
      if (answer.status === 200) return answer.text;
      // A 404 for the list of roles means that the instance has no role.
      if (path === ROLE_PATH && answer.status === 404) {
        throw notConfigured("the instance has no role");
      }
      throw refused(WHAT, answer);
    };
    const role = (await get(ROLE_PATH)).split("\n", 1)[0]!.trim();
    if (!role) throw notConfigured("the instance has no role");
    const document = parseSecretJson(
      WHAT,
      await get(ROLE_PATH + encodeURIComponent(role)),
    );
    if (document.Code !== undefined && document.Code !== "Success") {
      throw unusable(`Cannot get ${WHAT}: the code is ${document.Code}`);
    }
    return extend(
      credentialsFromDocument(WHAT, document, TOKEN_SHAPE),
      clock.now(),
    );
  };
}

async function endpointOf(
  { environment }: ProviderContext,
  options: InstanceMetadataOptions,
): Promise<URL> {
  const name = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  const parse = (source: string, url: string | URL) =>
    parseEndpointUrl(`Cannot get ${WHAT} as ${source}`, url, true);
  // Plain http is allowed: the service is reachable only from the instance.
  if (options.endpoint) return parse("'endpoint'", options.endpoint);
  const variable = envOf(environment, name);
  if (variable) return parse(name, variable);
  const { profiles } = await loadSharedFiles(environment);
  const profileName = profileNameOf(environment, options.profile);
  const profile = profiles.get(profileName);
  const key = "ec2_metadata_service_endpoint";
  const setting = profile?.get(key);
  if (setting) return parse(`'${key}' of profile "${profileName}"`, setting);
  const mode = envOf(environment, `${name}_MODE`) ??
    profile?.get("ec2_metadata_service_endpoint_mode");
  return new URL(mode?.toLowerCase() === "ipv6" ? IPV6 : IPV4);
}

async function getToken(
  context: ProviderContext,
  base: URL,
  timeoutMs: number,
): Promise<string> {
  let answer;
  try {
    answer = await ask(context, {
      url: new URL("/latest/api/token", base),
      method: "PUT",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": TOKEN_TTL_SECONDS },
      timeoutMs,
      // Outside of EC2 there is no service, so a retry would only take time.
      retryConnection: false,
    });
  } catch (error) {
    if (error instanceof CredentialsError || !(error instanceof KinesisError)) {
      throw error;
    }
    throw notConfigured(error.message);
  }
  if (answer.status === 200 && answer.text) {
    return secretHeader("the token of the metadata service", answer.text);
  }
  const error = refused("a token of the metadata service", answer);
  // The service is disabled (403) or belongs to another cloud.
  throw error.retryable ? error : notConfigured(error.message);
}

function ask(context: ProviderContext, request: Omit<HttpRequest, "what">) {
  return send(context, { what: WHAT, ...request });
}

function extend(credentials: Credentials, now: number): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const { expiration, accountId } = credentials;
  if (!expiration || expiration.getTime() > now) return credentials;
  return createCredentials({
    accessKeyId,
    secretAccessKey,
    sessionToken,
    accountId,
    expiration: new Date(now + EXTENSION_MS),
  });
}
