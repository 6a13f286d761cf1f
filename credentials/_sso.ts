/**
 * Credentials of a role from IAM Identity Center, with the session of `aws sso login`.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html}
 * @module
 */
import { checkRegion, partitionOf } from "../_aws/partitions.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, SSO_SHAPE } from "./_document.ts";
import { unusable } from "./environment.ts";
import {
  parseSecretJson,
  type ProviderContext,
  refusalCodeOf,
  refused,
  send,
} from "./http.ts";
import type { IniSection } from "./_ini.ts";
import { signInAgain, type SsoTokens } from "./_sso_token.ts";

/** Whether a profile signs in with IAM Identity Center. */
export function isSsoProfile(settings: IniSection): boolean {
  return ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"]
    .some((name) => settings.has(name));
}

/**
 * Gets the credentials of the profile's role with the token of the session.
 *
 * @throws {CredentialsError} if a setting is missing, there is no token, the token has expired and
 * cannot be renewed, or the service refuses it
 */
export async function ssoCredentials(
  context: ProviderContext,
  profile: string,
  settings: IniSection,
  ssoSessions: ReadonlyMap<string, IniSection>,
  tokens: SsoTokens,
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
  const region = checkRegion(
    `Cannot use profile "${profile}" as 'sso_region'`,
    need(session, "sso_region"),
  );
  const url = new URL(
    `https://portal.sso.${region}.${
      partitionOf(region).dnsSuffix
    }/federation/credentials`,
  );
  const accountId = need(settings, "sso_account_id");
  url.searchParams.set("account_id", accountId);
  url.searchParams.set("role_name", need(settings, "sso_role_name"));
  const key = sessionName ?? startUrl;
  const token = await tokens.get({ profile, key, region });
  const what = `the role of profile "${profile}"`;
  const answer = await send(context, {
    what,
    url,
    headers: { "x-amz-sso_bearer_token": token },
  });
  if (answer.status !== 200) {
    const error = refused(what, answer);
    const isRefusedToken = answer.status === 401 ||
      refusalCodeOf(answer) === "UnauthorizedException";
    throw isRefusedToken && !error.retryable
      ? signInAgain(profile, "the session is not accepted")
      : error;
  }
  const { roleCredentials } = parseSecretJson(what, answer.text);
  return credentialsFromDocument(
    what,
    { ...roleCredentials as Record<string, unknown> | undefined, accountId },
    SSO_SHAPE,
  );
}
