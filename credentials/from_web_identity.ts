/**
 * Credentials of a role with the token of an identity provider, such as EKS or GitHub Actions.
 *
 * @see
 * {@link https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html}
 * @module
 */
import type { CredentialsProvider } from "./credentials.ts";
import {
  type Environment,
  envOf,
  lookUpEnv,
  notConfigured,
  reasonOf,
  unusable,
} from "./environment.ts";
import { contextOf, type ProviderOptions } from "./http.ts";
import { callSts, sessionName } from "./_sts.ts";

/** Options of {@linkcode fromWebIdentity}. */
export interface WebIdentityOptions extends ProviderOptions {
  /** The role. Default: `AWS_ROLE_ARN`. */
  roleArn?: string;
  /**
   * The name of the session. Default: `AWS_ROLE_SESSION_NAME`, then a name with the current time.
   */
  roleSessionName?: string;
  /** The token, or a function that returns it. Default: the content of `tokenFile`. */
  token?: string | (() => string | Promise<string>);
  /**
   * The file with the token. It is read at each call, since the identity provider replaces it.
   * Default: `AWS_WEB_IDENTITY_TOKEN_FILE`.
   */
  tokenFile?: string;
  /**
   * The lifetime of the credentials, in seconds: 900 to 43 200. Default: the setting of the role.
   */
  durationSeconds?: number;
  /** The region of STS. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then `us-east-1`. */
  region?: string;
  /**
   * The URL of STS. Default: `AWS_ENDPOINT_URL_STS`, then `AWS_ENDPOINT_URL`, then the endpoint of
   * the region.
   */
  stsEndpoint?: string | URL;
}

/**
 * Makes a provider that assumes a role with a web identity token. The provider rejects with a
 * {@linkcode CredentialsError} if no role or token is set or the token cannot be read, and with a
 * {@linkcode ServiceError} if STS refuses.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 */
export function fromWebIdentity(
  options: WebIdentityOptions = {},
): CredentialsProvider {
  const context = contextOf("fromWebIdentity", options, {
    roleArn: true,
    roleSessionName: true,
    token: true,
    tokenFile: true,
    durationSeconds: true,
    region: true,
    stsEndpoint: true,
  });
  const { environment } = context;
  return async () => {
    // The token comes first: this source is configured if there is a token.
    const token = await tokenOf(options, environment);
    const role = lookUpEnv(environment, "AWS_ROLE_ARN");
    const roleArn = options.roleArn ?? role.value;
    if (!roleArn) throw unusable(`Cannot assume a role: ${role.reason}`);
    return await callSts(context, {
      action: "AssumeRoleWithWebIdentity",
      region: options.region,
      endpoint: options.stsEndpoint,
      credentialsMayChange: typeof options.token !== "string",
      parameters: {
        RoleArn: roleArn,
        RoleSessionName: options.roleSessionName ??
          envOf(environment, "AWS_ROLE_SESSION_NAME") ?? sessionName(context),
        WebIdentityToken: token,
        DurationSeconds: options.durationSeconds?.toString(),
      },
    });
  };
}

async function tokenOf(
  { token, tokenFile }: WebIdentityOptions,
  environment: Environment,
): Promise<string> {
  if (typeof token === "string") return token;
  if (token) return await token();
  const file = lookUpEnv(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
  const path = tokenFile ?? file.value;
  if (!path) throw notConfigured(file.reason);
  try {
    return (await environment.readTextFile(path)).trim();
  } catch (cause) {
    throw unusable(
      `Cannot read the web identity token ${path}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}
