/**
 * Are there credentials, and do they last?
 *
 * @module
 */
import { areFixed } from "../../credentials/credentials.ts";
import {
  chainCredentials,
  defaultSources,
} from "../../credentials/default_credentials.ts";
import { cachedCredentials, type Environment } from "../../credentials/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { Check, Finding, SourcedCredentials } from "./check.ts";
import { spanOf } from "./texts.ts";

/** Credentials that are not renewed and expire sooner than this are worth a warning. */
const SOON_MS = 15 * 60_000;

/** The check. */
export const credentialsCheck: Check = {
  id: "credentials",
  async run({ findCredentials, found }) {
    try {
      const sourced = await findCredentials();
      found.credentials = sourced.credentials;
      return judgeCredentials(sourced, Date.now());
    } catch (error) {
      if (!(error instanceof KinesisError)) throw error;
      return {
        status: "error",
        message: error.message,
        remedy: remedyOf(error),
        data: { code: error.code },
      };
    }
  },
};

/** Says what is known of credentials. `now` is the time in milliseconds since the epoch. */
function judgeCredentials(
  { source, credentials }: SourcedCredentials,
  now: number,
): Finding {
  const { accessKeyId, accountId, expiration, sessionToken } = credentials;
  const isRenewed = !areFixed(credentials);
  const owner = accountId === undefined ? "" : ` of account ${accountId}`;
  const who = `Key ${accessKeyId}${owner} from ${source}`;
  const data = { source, accessKeyId, accountId, expiration };
  if (expiration === undefined) {
    const life = sessionToken === undefined
      ? "does not expire"
      : "temporary, its end is not known";
    return { status: "ok", message: `${who}, ${life}`, data };
  }
  const leftMs = expiration.getTime() - now;
  const remedy = "Get new credentials, for example with aws sso login";
  if (leftMs <= 0) {
    const message = `${who} expired at ${expiration.toISOString()}`;
    return { status: "error", message, remedy, data };
  }
  const message = `${who} expires in ${spanOf(leftMs)}`;
  if (isRenewed) {
    return { status: "ok", message: `${message} and is renewed before`, data };
  }
  return leftMs < SOON_MS
    ? { status: "warning", message, remedy, data }
    : { status: "ok", message, data };
}

function remedyOf({ code }: KinesisError): string {
  return code === "NoCredentials"
    ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
    : "Mend this source: later ones are not tried, because they may belong to another identity";
}

/** Looks through the sources of the AWS tools in their order, and remembers which one had some. */
export function credentialsFinder(
  environment: Environment,
  region: string | undefined,
): () => Promise<SourcedCredentials> {
  let source = "";
  const sources = defaultSources({ environment, region });
  const chain = cachedCredentials(chainCredentials(
    sources.map(([name, provider]) => [name, async () => {
      const credentials = await provider();
      source = name;
      return credentials;
    }]),
  ));
  return async () => ({ credentials: await chain(), source });
}
