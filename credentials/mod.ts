/**
 * Providers of credentials: from the environment, the shared files, a web identity, a container or
 * an instance. {@linkcode defaultCredentials} uses all of them in the order of the AWS tools, and
 * {@linkcode cachedCredentials} adds a cache to a provider.
 *
 * A provider is a function that resolves with {@linkcode Credentials}, so the providers of
 * `@aws-sdk/credential-providers` work as well. `fetch`, {@linkcode Environment} and clock are
 * options. Errors and logs never show secrets.
 *
 * ```ts
 * import { defaultCredentials } from "@webstreams/kinesis/credentials";
 * import { assertEquals } from "@std/assert";
 *
 * const variables = new Map([["AWS_ACCESS_KEY_ID", "AKIA"], ["AWS_SECRET_ACCESS_KEY", "s"]]);
 * const provider = defaultCredentials({
 *   environment: {
 *     env: (name) => variables.get(name),
 *     readTextFile: () => Promise.reject(new Error("no files here")),
 *   },
 * });
 * assertEquals((await provider()).accessKeyId, "AKIA");
 * ```
 *
 * @module
 */
export type { Clock } from "../_core/clock.ts";
export type { Fetch } from "../_core/fetch.ts";
export {
  cachedCredentials,
  type CachedCredentialsOptions,
  type CachedCredentialsProvider,
} from "./cached_credentials.ts";
export {
  createCredentials,
  type Credentials,
  type CredentialsProvider,
  staticCredentials,
} from "./credentials.ts";
export {
  chainCredentials,
  defaultCredentials,
  type DefaultCredentialsOptions,
} from "./default_credentials.ts";
export { type Environment, systemEnvironment } from "./environment.ts";
export {
  type CognitoIdentityOptions,
  type CognitoLogins,
  fromCognitoIdentity,
} from "./from_cognito_identity.ts";
export { type ContainerOptions, fromContainer } from "./from_container.ts";
export { fromEnvironment } from "./from_environment.ts";
export {
  fromInstanceMetadata,
  type InstanceMetadataOptions,
} from "./from_instance_metadata.ts";
export {
  fromSharedFiles,
  type SharedFilesOptions,
} from "./from_shared_files.ts";
export {
  fromWebIdentity,
  type WebIdentityOptions,
} from "./from_web_identity.ts";
export type { ProviderOptions } from "./http.ts";
export { resolveRegion } from "./region.ts";
