/**
 * Reads the token that `aws sso login` stores in its cache, and renews it. The cache belongs to the
 * AWS CLI and is not written to: a renewed token stays in memory until the file changes.
 *
 * @see
 * {@link https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html}
 * @module
 */
import { hexOf } from "../_core/sha256.ts";
import { partitionOf } from "../_aws/partitions.ts";
import type { CredentialsError } from "../errors.ts";
import { expirationOf } from "./_document.ts";
import { reasonOf, unusable } from "./environment.ts";
import {
  parseSecretJson,
  type ProviderContext,
  refusalCodeOf,
  refused,
  secretHeader,
  send,
} from "./http.ts";
import { homePath } from "./shared_files.ts";

/** A session is renewed if it ends within this time, in milliseconds. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** A session of IAM Identity Center. */
export interface SsoSession {
  /** The profile, for messages. */
  readonly profile: string;
  /** The key of the file name: the name of the `sso-session`, or the start URL. */
  readonly key: string;
  /** The region of IAM Identity Center. */
  readonly region: string;
}

/** The content of the file of a session. */
interface Token {
  readonly accessToken: string;
  readonly expiration: Date;
  readonly refreshToken?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly registrationExpiration?: Date;
}

/** Reads and renews tokens. Each provider has its own object. */
export class SsoTokens {
  readonly #context: ProviderContext;
  /** Renewed tokens by path, with the text of the file. Not used after the text has changed. */
  readonly #renewed = new Map<string, { text: string; token: Token }>();

  /** Reads nothing before the first call. */
  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /**
   * The token of a session. It is valid, and is renewed first if it expires within 5 minutes.
   *
   * @throws {CredentialsError} if there is no token, or it has expired and cannot be renewed
   */
  async get(session: SsoSession): Promise<string> {
    const { environment, clock } = this.#context;
    const { profile, key } = session;
    const path = homePath(environment, await cachePath(key));
    if (!path) throw signInAgain(profile, "the home directory is not known");
    let text: string;
    try {
      text = await environment.readTextFile(path);
    } catch (error) {
      throw signInAgain(profile, `no session in ${path} (${reasonOf(error)})`);
    }
    const renewed = this.#renewed.get(path);
    let token = renewed?.text === text
      ? renewed.token
      : tokenOf(profile, path, text);
    const remainingMs = token.expiration.getTime() - clock.now();
    if (remainingMs <= RENEW_BEFORE_MS) {
      try {
        token = await this.#renew(session, token);
        this.#renewed.set(path, { text, token });
      } catch (error) {
        if (remainingMs <= 0) throw error;
        // The current token is still valid. The next call tries the renewal again.
      }
    }
    return secretHeader(`the session in ${path}`, token.accessToken);
  }

  async #renew({ profile, region }: SsoSession, token: Token): Promise<Token> {
    const { refreshToken, clientId, clientSecret } = token;
    const now = this.#context.clock.now();
    if (!refreshToken || !clientId || !clientSecret) {
      throw signInAgain(profile, "the session has expired");
    }
    if ((token.registrationExpiration?.getTime() ?? Infinity) <= now) {
      const reason = "the session and its registration have expired";
      throw signInAgain(profile, reason);
    }
    const what = `a new session of profile "${profile}"`;
    const answer = await send(this.#context, {
      what,
      url: new URL(
        `https://oidc.${region}.${partitionOf(region).dnsSuffix}/token`,
      ),
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        grantType: "refresh_token",
        refreshToken,
        clientId,
        clientSecret,
      }),
    });
    if (answer.status !== 200) {
      const error = refused(what, answer);
      const code = refusalCodeOf(answer);
      // Without a code the answer comes from something on the way, and to sign in is of no use.
      if (error.retryable || !code) throw error;
      throw signInAgain(
        profile,
        `the session has expired and is not renewed (${code})`,
      );
    }
    const fresh = parseSecretJson(what, answer.text);
    const accessToken = textOf(fresh.accessToken);
    if (!accessToken) throw unusable(`Cannot get ${what}: it has no token`);
    const lifeSeconds = Number(fresh.expiresIn ?? 0);
    return {
      ...token,
      accessToken,
      expiration: new Date(now + (lifeSeconds > 0 ? lifeSeconds : 0) * 1000),
      refreshToken: textOf(fresh.refreshToken) ?? refreshToken,
    };
  }
}

/** The error for a session that the user must open again with `aws sso login`. */
export function signInAgain(profile: string, reason: string): CredentialsError {
  return unusable(
    `Cannot use profile "${profile}": ${reason}; run: aws sso login --profile ${profile}`,
  );
}

async function cachePath(key: string): Promise<string[]> {
  const bytes = new TextEncoder().encode(key);
  const hash = hexOf(await crypto.subtle.digest("SHA-1", bytes));
  return [".aws", "sso", "cache", `${hash}.json`];
}

function tokenOf(profile: string, path: string, text: string): Token {
  try {
    const document = parseSecretJson("it", text);
    const accessToken = textOf(document.accessToken);
    const expiration = expirationOf("'expiresAt'", document.expiresAt);
    if (!accessToken) throw unusable("it has no token");
    if (!expiration) throw unusable("it has no time of expiry");
    return {
      accessToken,
      expiration,
      refreshToken: textOf(document.refreshToken),
      clientId: textOf(document.clientId),
      clientSecret: textOf(document.clientSecret),
      registrationExpiration: expirationOf(
        "'registrationExpiresAt'",
        document.registrationExpiresAt,
      ),
    };
  } catch (error) {
    // To sign in again writes the file anew.
    throw signInAgain(profile, `no session in ${path} (${reasonOf(error)})`);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
