/**
 * Looks for credentials where all AWS tools do, in the same order.
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
  SHARED_FILES_OPTIONS,
  type SharedFilesOptions,
} from "./from_shared_files.ts";
import { fromWebIdentity } from "./from_web_identity.ts";
import { contextOf } from "./http.ts";

/** Options of {@linkcode defaultCredentials}. */
export type DefaultCredentialsOptions = SharedFilesOptions;

/**
 * Looks for credentials in this order: the environment (unless a profile is named), the shared
 * files, the web identity token file, the container, the instance. Caches them until they must be
 * renewed.
 *
 * A source that is not configured is skipped. A source that is configured and fails ends the search
 * with its error, since credentials of a later source would belong to another identity. If no
 * source has credentials, the provider rejects with a {@linkcode CredentialsError} that lists all
 * sources and why each has none.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 */
export function defaultCredentials(
  options: DefaultCredentialsOptions = {},
): CachedCredentialsProvider {
  const { clock } = contextOf(
    "defaultCredentials",
    options,
    SHARED_FILES_OPTIONS,
  );
  const chain = chainCredentials(defaultSources(options));
  return cachedCredentials(chain, { clock });
}

/** The sources of {@linkcode defaultCredentials} by their names, in the order of the search. */
export function defaultSources(
  options: DefaultCredentialsOptions,
): (readonly [name: string, provider: CredentialsProvider])[] {
  const context = contextOf(
    "defaultCredentials",
    options,
    SHARED_FILES_OPTIONS,
  );
  const { environment } = context;
  const { profile, region, stsEndpoint } = options;
  const notWithProfile: CredentialsProvider = () => {
    const isNamed = profile ?? envOf(environment, "AWS_PROFILE");
    return isNamed
      ? Promise.reject(
        notConfigured("a profile is named, so keys are not used"),
      )
      : fromEnvironment({ environment })();
  };
  return [
    ["environment", notWithProfile],
    ["shared files", fromSharedFiles(options)],
    ["web identity", fromWebIdentity({ ...context, region, stsEndpoint })],
    ["container", fromContainer(context)],
    ["instance metadata", fromInstanceMetadata({ ...context, profile })],
  ];
}

/**
 * Makes a provider that calls providers in order until one has credentials. The search continues
 * only after a {@linkcode CredentialsError} with the code `NoCredentials`. Every other error ends
 * it.
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
