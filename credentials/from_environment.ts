/**
 * Credentials from environment variables.
 *
 * @module
 */
import { type CredentialsProvider, fixedCredentials } from "./credentials.ts";
import { expirationOf } from "./_document.ts";
import { envOf, lookUpEnv, notConfigured } from "./environment.ts";
import { contextOf, type ProviderOptions } from "./http.ts";

/**
 * Makes a provider that reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and, if set,
 * `AWS_SESSION_TOKEN`, `AWS_CREDENTIAL_EXPIRATION` and `AWS_ACCOUNT_ID`. The provider rejects with
 * a {@linkcode CredentialsError} if one of the first two is missing.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 */
export function fromEnvironment(
  options: Pick<ProviderOptions, "environment"> = {},
): CredentialsProvider {
  const { environment } = contextOf("fromEnvironment", options, {});
  const read = () => {
    const id = lookUpEnv(environment, "AWS_ACCESS_KEY_ID");
    const secret = lookUpEnv(environment, "AWS_SECRET_ACCESS_KEY");
    if (!id.value) throw notConfigured(id.reason);
    if (!secret.value) throw notConfigured(secret.reason);
    const name = "AWS_CREDENTIAL_EXPIRATION";
    return fixedCredentials({
      accessKeyId: id.value,
      secretAccessKey: secret.value,
      sessionToken: envOf(environment, "AWS_SESSION_TOKEN"),
      expiration: expirationOf(name, envOf(environment, name)),
      accountId: envOf(environment, "AWS_ACCOUNT_ID"),
    });
  };
  return () => Promise.resolve().then(read);
}
