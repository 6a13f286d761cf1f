/**
 * Credentials of a role for the token of an identity provider: EKS service accounts, GitHub Actions and the like.
 *
 * @see {@link https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html}
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
  /** The name of the session. Default: `AWS_ROLE_SESSION_NAME`, else one with the time. */
  roleSessionName?: string;
  /** The token itself, or a function that gets it. Default: what is in the file `tokenFile`. */
  token?: string | (() => string | Promise<string>);
  /** The file that holds the token; read anew each time, since it is replaced. Default: `AWS_WEB_IDENTITY_TOKEN_FILE`. */
  tokenFile?: string;
  /** How long the credentials shall live, in seconds, 900 to 43 200. Default: what the role says. */
  durationSeconds?: number;
  /** The region whose STS is asked. Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, else us-east-1. */
  region?: string;
  /** The URL of STS. Default: `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, else that of the region. */
  stsEndpoint?: string | URL;
}

/**
 * Assumes a role with a web identity token. The provider rejects with a {@linkcode CredentialsError} if no role or token is
 * set or the token cannot be read, with a {@linkcode ServiceError} if STS refuses.
 */
export function fromWebIdentity(
  options: WebIdentityOptions = {},
): CredentialsProvider {
  const context = contextOf(options);
  const { environment } = context;
  return async () => {
    // Looked at first: it is what makes this source the one that is meant.
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
