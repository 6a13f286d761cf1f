/**
 * Credentials of an identity pool of Amazon Cognito: for browsers and other programs that users
 * sign in to, or that have no secrets of their own.
 *
 * @see {@link https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html}
 * @module
 */
import { checkRegion, partitionOf } from "../_aws/partitions.ts";
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import { notify } from "../_core/notify.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { CredentialsError } from "../errors.ts";
import type { CredentialsProvider } from "./credentials.ts";
import { COGNITO_SHAPE, credentialsFromDocument } from "./_document.ts";
import { unusable } from "./environment.ts";
import {
  contextOf,
  parseSecretJson,
  type ProviderContext,
  type ProviderOptions,
  refusalCodeOf,
  refused,
  send,
} from "./http.ts";

/** Tokens of identity providers, by the name that the pool gives each of them. */
export type CognitoLogins = Readonly<Record<string, string>>;

/** Options of {@linkcode fromCognitoIdentity}. */
export interface CognitoIdentityOptions extends ProviderOptions {
  /** The id of the pool, such as `eu-west-1:11111111-2222-3333-4444-555555555555`. */
  identityPoolId: string;
  /**
   * Tokens of the user who has signed in, or a function that returns them. It is called for each
   * request, because tokens expire. Example: `{ "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc":
   * idToken }`. Default: none, so the user is a guest, which the pool must allow.
   */
  logins?: CognitoLogins | (() => CognitoLogins | Promise<CognitoLogins>);
  /**
   * The identity, if it is known from an earlier visit. Default: Cognito makes one for a guest, or
   * finds that of the user.
   */
  identityId?: string;
  /**
   * Called with the identity when Cognito has named one. Store it, for example in `localStorage`, and
   * pass it as `identityId` at the next visit. Otherwise each visit of a guest adds an identity to
   * the pool. What it throws is ignored: the credentials do not depend on it.
   */
  onIdentity?: (identityId: string) => void;
  /** The URL of Cognito. Default: the endpoint of the region in `identityPoolId`. */
  endpoint?: string | URL;
}

const WHAT = "credentials of the identity pool";
const POOL_ID = /^([\w-]+):[0-9a-f-]+$/;

/**
 * Makes a provider that asks an identity pool of Cognito for the credentials of its role, which are
 * valid for an hour. No secret is needed, and the requests are not signed. The provider rejects with
 * a {@linkcode CredentialsError} if Cognito refuses, and with a {@linkcode ConnectionError} or
 * {@linkcode TimeoutError} if it does not answer.
 *
 * @example A page whose visitors are guests
 * ```ts
 * import { fromCognitoIdentity } from "@webstreams/kinesis/credentials";
 * import { KinesisClient } from "@webstreams/kinesis/client";
 *
 * const client = new KinesisClient({
 *   region: "eu-west-1",
 *   credentials: fromCognitoIdentity({
 *     identityPoolId: "eu-west-1:11111111-2222-3333-4444-555555555555",
 *     identityId: localStorage.getItem("identity") ?? undefined,
 *     onIdentity: (id) => localStorage.setItem("identity", id),
 *   }),
 * });
 * ```
 *
 * @throws {TypeError} if an option is wrong or unknown
 */
export function fromCognitoIdentity(
  options: CognitoIdentityOptions,
): CredentialsProvider {
  const context = contextOf("fromCognitoIdentity", options, {
    identityPoolId: true,
    logins: true,
    identityId: true,
    onIdentity: true,
    endpoint: true,
  });
  const check = new OptionCheck("Cannot use fromCognitoIdentity");
  const poolId = check.text("identityPoolId", options.identityPoolId);
  const [, region] = POOL_ID.exec(`${poolId}`) ?? [];
  if (region === undefined) {
    const rule = "the id of a pool, such as " +
      "eu-west-1:11111111-2222-3333-4444-555555555555";
    throw new TypeError(check.message("identityPoolId", rule, poolId));
  }
  const { logins, onIdentity } = options;
  if (typeof logins !== "function") check.object("logins", logins);
  check.type("onIdentity", onIdentity, "function");
  const url = urlOf(region, options.endpoint);
  let identityId = check.text("identityId", options.identityId);

  let newestLogins: CognitoLogins | undefined;
  /** Calls that wait at the same time share one look-up: each look-up makes another guest. */
  const looking = new SharedCall(() => lookUp(newestLogins), context.clock);

  async function lookUp(Logins: CognitoLogins | undefined): Promise<string> {
    const { IdentityId } = await call(context, url, "GetId", {
      IdentityPoolId: poolId,
      Logins,
    });
    if (typeof IdentityId !== "string" || IdentityId === "") {
      throw unusable(`Cannot read ${WHAT}: 'IdentityId' is missing`);
    }
    identityId = IdentityId;
    notify({ onIdentity }, "onIdentity", IdentityId);
    return IdentityId;
  }

  async function ask(isFirst: boolean): ReturnType<CredentialsProvider> {
    const Logins = typeof logins === "function" ? await logins() : logins;
    newestLogins = Logins;
    const identity = identityId ?? await looking.run();
    try {
      const { Credentials: found } = await call(
        context,
        url,
        "GetCredentialsForIdentity",
        { IdentityId: identity, Logins },
      );
      return credentialsFromDocument(WHAT, objectOf(found), COGNITO_SHAPE);
    } catch (error) {
      // An identity that was stored at an earlier visit may have been deleted since.
      if (!isFirst || !(error instanceof UnknownIdentityError)) throw error;
      // Another call may have found a new one meanwhile.
      if (identityId === identity) identityId = undefined;
      return await ask(false);
    }
  }
  return () => ask(true);
}

/** Cognito does not know the identity. */
class UnknownIdentityError extends CredentialsError {}

function urlOf(region: string, endpoint: string | URL | undefined): URL {
  const what = "Cannot use fromCognitoIdentity as";
  if (endpoint !== undefined) {
    return parseEndpointUrl(`${what} 'endpoint'`, endpoint, false);
  }
  const name = checkRegion(`${what} the region of 'identityPoolId'`, region);
  return new URL(
    `https://cognito-identity.${name}.${partitionOf(name).dnsSuffix}/`,
  );
}

async function call(
  context: ProviderContext,
  url: URL,
  action: string,
  request: object,
): Promise<Record<string, unknown>> {
  const answer = await send(context, {
    what: WHAT,
    url,
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityService.${action}`,
    },
    body: JSON.stringify(request),
  });
  if (answer.status === 200) return parseSecretJson(WHAT, answer.text);
  const error = refused(`${WHAT} from ${url.origin}`, answer);
  if (refusalCodeOf(answer) !== "ResourceNotFoundException") throw error;
  throw new UnknownIdentityError(error.message, { code: error.code });
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) {
    return value as Record<string, unknown>;
  }
  throw unusable(`Cannot read ${WHAT}: 'Credentials' is missing`);
}
