/**
 * Credentials of a container: ECS task roles, EKS Pod Identity, Greengrass and compatible services.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html}
 * @module
 */
import { isLoopback } from "../_aws/secure_url.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { timeOption } from "../_core/time_option.ts";
import type { CredentialsProvider } from "./credentials.ts";
import { credentialsFromDocument, TOKEN_SHAPE } from "./_document.ts";
import {
  type Environment,
  envOf,
  lookUpEnv,
  notConfigured,
  reasonOf,
  unusable,
} from "./environment.ts";
import {
  contextOf,
  parseSecretJson,
  type ProviderOptions,
  refused,
  secretHeader,
  send,
} from "./http.ts";

/** Options of {@linkcode fromContainer}. */
export interface ContainerOptions extends ProviderOptions {
  /**
   * The time limit of each of up to 3 attempts, in milliseconds.
   * @default {1000}
   */
  timeoutMs?: number;
}

const ECS_ORIGIN = "http://169.254.170.2";
/**
 * Hosts besides this machine that may use plain http: those of ECS, and of EKS for IPv4 and IPv6.
 */
const CONTAINER_HOSTS = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
const WHAT = "the container's credentials";

/**
 * Makes a provider that requests the URL in `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or
 * `AWS_CONTAINER_CREDENTIALS_FULL_URI`. It sends the token in the file
 * `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which is read at each call, or in
 * `AWS_CONTAINER_AUTHORIZATION_TOKEN`. Plain http is allowed to this machine and to the addresses
 * of ECS and EKS. The provider rejects with a {@linkcode CredentialsError} if no URL is set, the
 * URL is not allowed, or the answer has no credentials.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 * @throws {RangeError} if `timeoutMs` is out of range
 */
export function fromContainer(
  options: ContainerOptions = {},
): CredentialsProvider {
  const context = contextOf("fromContainer", options, { timeoutMs: true });
  const timeoutMs = timeOption(
    new OptionCheck("Cannot use fromContainer"),
    "timeoutMs",
    options.timeoutMs,
    { default: 1000 },
  );
  return async () => {
    const url = urlOf(context.environment);
    const token = await tokenOf(context.environment);
    const answer = await send(context, {
      what: WHAT,
      url,
      headers: token === undefined ? {} : { authorization: token },
      timeoutMs,
    });
    if (answer.status !== 200) {
      throw refused(`${WHAT} from ${url.origin}`, answer);
    }
    return credentialsFromDocument(
      WHAT,
      parseSecretJson(WHAT, answer.text),
      TOKEN_SHAPE,
    );
  };
}

function urlOf(environment: Environment): URL {
  const relative = lookUpEnv(
    environment,
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  );
  const full = lookUpEnv(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.value) {
    // Not joined as text: "@example.com/" would then change the host.
    const url = new URL(ECS_ORIGIN);
    if (!/^\/(?!\/)/.test(relative.value)) {
      throw unusable(
        "Cannot use AWS_CONTAINER_CREDENTIALS_RELATIVE_URI as it must start with one /",
      );
    }
    const [path, query] = relative.value.split(/\?(.*)/s, 2);
    url.pathname = path!;
    url.search = query ?? "";
    return url;
  }
  if (!full.value) {
    throw notConfigured(`${relative.reason}, ${full.reason}`);
  }
  if (!URL.canParse(full.value)) {
    throw unusable(
      "Cannot use AWS_CONTAINER_CREDENTIALS_FULL_URI as it is not a URL",
    );
  }
  const url = new URL(full.value);
  // Names that end with .localhost are not allowed, as in the AWS SDKs.
  const isHere = isLoopback(url) && !url.hostname.endsWith(".localhost");
  const isAllowed = url.protocol === "https:" ||
    url.protocol === "http:" &&
      (isHere || CONTAINER_HOSTS.includes(url.hostname));
  if (!isAllowed) {
    throw unusable(
      `Cannot use AWS_CONTAINER_CREDENTIALS_FULL_URI as it must be https, or http to this machine or one of ${
        CONTAINER_HOSTS.join(", ")
      }: current host is "${url.host}"`,
    );
  }
  return url;
}

async function tokenOf(environment: Environment): Promise<string | undefined> {
  const path = envOf(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  let token = envOf(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (path) {
    try {
      token = (await environment.readTextFile(path)).trim();
    } catch (cause) {
      throw unusable(
        `Cannot read the container's token ${path}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }
  return token && secretHeader("the container's token", token);
}
