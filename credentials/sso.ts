/**
 * Credentials for somebody who is signed in with IAM Identity Center, by the token that `aws sso login` left behind.
 * The token is used and never renewed: that would mean to write into the cache that the AWS CLI owns.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html}
 * @module
 */
import { checkRegion, partitionOf } from "../_aws/partitions.ts";
import type { Credentials } from "./credentials.ts";
import {
  credentialsFromDocument,
  expirationOf,
  SSO_SHAPE,
} from "./document.ts";
import { reasonOf, unusable } from "./environment.ts";
import {
  parseSecretJson,
  type ProviderContext,
  secretHeader,
  send,
} from "./http.ts";
import type { IniSection } from "./ini.ts";
import { homePath } from "./shared_files.ts";

/** Whether a profile is meant to sign in with IAM Identity Center. */
export function isSsoProfile(settings: IniSection): boolean {
  return ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"]
    .some((name) => settings.has(name));
}

/**
 * Exchanges the cached token for the credentials of the profile's role.
 *
 * @throws {CredentialsError} if a setting is missing, there is no token, it has expired, or it is refused
 */
export async function ssoCredentials(
  context: ProviderContext,
  profile: string,
  settings: IniSection,
  ssoSessions: ReadonlyMap<string, IniSection>,
): Promise<Credentials> {
  const sessionName = settings.get("sso_session");
  const session = sessionName === undefined
    ? settings
    : ssoSessions.get(sessionName);
  if (!session) {
    throw unusable(
      `Cannot use profile "${profile}": there is no section [sso-session ${sessionName}]`,
    );
  }
  const need = (from: IniSection, name: string) => {
    const value = from.get(name);
    if (value) return value;
    throw unusable(`Cannot use profile "${profile}": '${name}' is not set`);
  };
  const startUrl = need(session, "sso_start_url");
  const region = checkRegion(need(session, "sso_region"));
  const url = new URL(
    `https://portal.sso.${region}.${
      partitionOf(region).dnsSuffix
    }/federation/credentials`,
  );
  const accountId = need(settings, "sso_account_id");
  url.searchParams.set("account_id", accountId);
  url.searchParams.set("role_name", need(settings, "sso_role_name"));
  const token = await cachedToken(context, profile, sessionName ?? startUrl);
  const what = `the role of profile "${profile}"`;
  const { status, text } = await send(context, {
    what,
    url,
    headers: { "x-amz-sso_bearer_token": token },
  });
  if (status === 401) throw signInAgain(profile, "the session is not accepted");
  if (status !== 200) {
    throw unusable(`Cannot get ${what}: HTTP status ${status}`, {
      retryable: status === 429 || status >= 500,
    });
  }
  const { roleCredentials } = parseSecretJson(what, text);
  return credentialsFromDocument(
    what,
    { ...roleCredentials as Record<string, unknown> | undefined, accountId },
    SSO_SHAPE,
  );
}

async function cachedToken(
  { environment, clock }: ProviderContext,
  profile: string,
  key: string,
): Promise<string> {
  const hash = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(key),
  );
  const hex = Array.from(
    new Uint8Array(hash),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  const path = homePath(environment, [".aws", "sso", "cache", `${hex}.json`]);
  if (!path) throw signInAgain(profile, "the home directory is not known");
  let text: string;
  try {
    text = await environment.readTextFile(path);
  } catch (error) {
    throw signInAgain(profile, `no session in ${path} (${reasonOf(error)})`);
  }
  const { accessToken, expiresAt } = parseSecretJson(path, text);
  const expiration = expirationOf(path, expiresAt);
  if (typeof accessToken !== "string" || accessToken === "" || !expiration) {
    throw signInAgain(profile, `no session in ${path}`);
  }
  if (expiration.getTime() <= clock.now()) {
    throw signInAgain(profile, "the session has expired");
  }
  return secretHeader(`the session in ${path}`, accessToken);
}

function signInAgain(profile: string, reason: string) {
  return unusable(
    `Cannot use profile "${profile}": ${reason}; run: aws sso login --profile ${profile}`,
  );
}
