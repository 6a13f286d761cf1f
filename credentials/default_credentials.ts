/**
 * The places where every AWS tool looks for credentials, in their usual order.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html}
 * @module
 */
import { CredentialsError } from "../errors.ts";
import {
  cachedCredentials,
  type CachedCredentialsProvider,
} from "./cached_credentials.ts";
import type { CredentialsProvider } from "./credentials.ts";
import { envOf, notConfigured } from "./environment.ts";
import { fromContainer } from "./from_container.ts";
import { fromEnvironment } from "./from_environment.ts";
import { fromInstanceMetadata } from "./from_instance_metadata.ts";
import {
  fromSharedFiles,
  type SharedFilesOptions,
} from "./from_shared_files.ts";
import { fromWebIdentity } from "./from_web_identity.ts";
import { contextOf } from "./http.ts";

/** Options of {@linkcode defaultCredentials}. */
export type DefaultCredentialsOptions = SharedFilesOptions;

/**
 * Looks in the environment (unless a profile is named), the shared files, the web identity token file, the container and
 * the instance, and remembers what it finds until that has to be renewed.
 *
 * A source that is not set up is passed over. One that is set up and fails ends the search with its error: going on
 * would run the program as somebody else. The provider rejects with a {@linkcode CredentialsError} that lists every
 * place and why it had nothing.
 */
export function defaultCredentials(
  options: DefaultCredentialsOptions = {},
): CachedCredentialsProvider {
  const { environment, clock } = contextOf(options);
  const notWithProfile: CredentialsProvider = () => {
    const isNamed = options.profile ?? envOf(environment, "AWS_PROFILE");
    return isNamed
      ? Promise.reject(
        notConfigured("a profile is named, so keys are not used"),
      )
      : fromEnvironment(options)();
  };
  const chain = chainCredentials([
    ["environment", notWithProfile],
    ["shared files", fromSharedFiles(options)],
    ["web identity", fromWebIdentity(options)],
    ["container", fromContainer(options)],
    ["instance metadata", fromInstanceMetadata(options)],
  ]);
  return cachedCredentials(chain, { clock });
}

/**
 * Asks sources in order until one has credentials. Goes on only from a {@linkcode CredentialsError} with the code
 * `NoCredentials`; every other error ends the search.
 */
export function chainCredentials(
  sources: readonly (readonly [name: string, provider: CredentialsProvider])[],
): CredentialsProvider {
  return async () => {
    const reasons: string[] = [];
    for (const [name, provider] of sources) {
      try {
        return await provider();
      } catch (error) {
        if (!isNotConfigured(error)) throw error;
        reasons.push(`${name}: ${error.message}`);
      }
    }
    throw notConfigured(
      ["Cannot find AWS credentials. Places tried:", ...reasons].join("\n  - "),
    );
  };
}

function isNotConfigured(error: unknown): error is CredentialsError {
  return error instanceof CredentialsError && error.code === "NoCredentials";
}
