/**
 * Credentials of a profile in `~/.aws/config` and `~/.aws/credentials`.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html}
 * @module
 */
import { CredentialsError } from "../errors.ts";
import {
  areFixed,
  createCredentials,
  type Credentials,
  type CredentialsProvider,
} from "./credentials.ts";
import { envOf, notConfigured, unusable } from "./environment.ts";
import { fromContainer } from "./from_container.ts";
import { fromEnvironment } from "./from_environment.ts";
import { fromInstanceMetadata } from "./from_instance_metadata.ts";
import { fromWebIdentity } from "./from_web_identity.ts";
import {
  contextOf,
  type ProviderContext,
  type ProviderOptions,
} from "./http.ts";
import type { IniSection } from "./_ini.ts";
import { processCredentials } from "./_process.ts";
import {
  loadSharedFiles,
  profileNameOf,
  type SharedFiles,
} from "./shared_files.ts";
import { isSsoProfile, ssoCredentials } from "./_sso.ts";
import { SsoTokens } from "./_sso_token.ts";
import { callSts, sessionName } from "./_sts.ts";

/** Options of {@linkcode fromSharedFiles}. */
export interface SharedFilesOptions extends ProviderOptions {
  /** The profile. Default: `AWS_PROFILE`, then `default`. */
  profile?: string;
  /**
   * The region of STS, for profiles without a region. Default: `AWS_REGION`, then
   * `AWS_DEFAULT_REGION`, then `us-east-1`.
   */
  region?: string;
  /**
   * The URL of STS. Default: `AWS_ENDPOINT_URL_STS`, then `AWS_ENDPOINT_URL`, then the endpoint of
   * the region.
   */
  stsEndpoint?: string | URL;
  /**
   * Returns the current code of an MFA device. Required for profiles with `mfa_serial`. A client
   * calls it again if it does not settle within `timeoutMs` of the client.
   */
  mfaCode?: (serial: string) => string | Promise<string>;
}

/** The names of the options of {@linkcode fromSharedFiles} alone. */
export const SHARED_FILES_OPTIONS: Record<
  Exclude<keyof SharedFilesOptions, keyof ProviderOptions>,
  true
> = { profile: true, region: true, stsEndpoint: true, mfaCode: true };

/**
 * Makes a provider that uses a profile with one of these: keys; `role_arn` with `source_profile` or
 * `credential_source`; `web_identity_token_file`; `credential_process`; `sso_session` or the older
 * `sso_` settings. The files are read at each call.
 *
 * The provider rejects with a {@linkcode CredentialsError} if the profile does not exist or cannot
 * be used, and with a {@linkcode ServiceError} if STS refuses. It renews an SSO session with its
 * refresh token in the last 5 minutes of the session. The renewed session stays in memory; the
 * cache of the AWS CLI is not changed.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 */
export function fromSharedFiles(
  options: SharedFilesOptions = {},
): CredentialsProvider {
  const context = contextOf("fromSharedFiles", options, SHARED_FILES_OPTIONS);
  const { environment } = context;
  const ssoTokens = new SsoTokens(context);
  return async () => {
    const files = await loadSharedFiles(environment);
    const name = profileNameOf(environment, options.profile);
    if (!files.profiles.has(name)) {
      const reason = [`there is no profile "${name}"`, ...files.problems]
        .join("; ");
      // A profile that is named explicitly must not be replaced by another identity.
      const isNamed = options.profile ?? envOf(environment, "AWS_PROFILE");
      throw isNamed && files.profiles.size > 0
        ? unusable(reason)
        : notConfigured(reason);
    }
    return await new ProfileResolver(context, options, files, ssoTokens)
      .resolve(name, []);
  };
}

class ProfileResolver {
  readonly #context: ProviderContext;
  readonly #options: SharedFilesOptions;
  readonly #files: SharedFiles;
  readonly #ssoTokens: SsoTokens;

  constructor(
    context: ProviderContext,
    options: SharedFilesOptions,
    files: SharedFiles,
    ssoTokens: SsoTokens,
  ) {
    this.#context = context;
    this.#options = options;
    this.#files = files;
    this.#ssoTokens = ssoTokens;
  }

  /** `visited` are the profiles that use this profile as their source, the outermost first. */
  async resolve(
    name: string,
    visited: readonly string[],
  ): Promise<Credentials> {
    const settings = this.#files.profiles.get(name);
    if (!settings) {
      throw unusable(
        `Cannot use profile "${visited.at(-1)}": there is no profile "${name}"`,
      );
    }
    const get = (setting: string) => settings.get(setting);
    // As the source of another profile, a profile provides its keys and not its own role. The AWS
    // SDKs do the same.
    const keys = keysOf(settings);
    if (visited.length > 0 && keys) return keys;
    const hasSource = settings.has("source_profile") ||
      settings.has("credential_source");
    if (settings.has("role_arn") && hasSource) {
      return await this.#assumeRole(name, settings, visited);
    }
    if (keys) return keys;
    if (settings.has("web_identity_token_file") && settings.has("role_arn")) {
      return await fromWebIdentity({
        ...this.#context,
        stsEndpoint: this.#options.stsEndpoint,
        roleArn: get("role_arn"),
        roleSessionName: get("role_session_name"),
        tokenFile: get("web_identity_token_file"),
        region: get("region") ?? this.#options.region,
      })();
    }
    const command = get("credential_process");
    if (command) {
      const accountId = get("aws_account_id");
      return await processCredentials(this.#context, name, command, accountId);
    }
    if (isSsoProfile(settings)) {
      return await ssoCredentials(
        this.#context,
        name,
        settings,
        this.#files.ssoSessions,
        this.#ssoTokens,
      );
    }
    if (settings.has("login_session")) {
      throw unusable(
        `Cannot use profile "${name}": 'login_session' is not supported; use 'credential_process' with: aws configure export-credentials --profile ${name}`,
      );
    }
    if (settings.has(KEY_ID) || settings.has(SECRET_KEY)) {
      const missing = settings.has(KEY_ID) ? SECRET_KEY : KEY_ID;
      throw unusable(`Cannot use profile "${name}": '${missing}' is not set`);
    }
    const reason = `profile "${name}" has no credentials`;
    throw name === "default" && visited.length === 0
      ? notConfigured(reason)
      : unusable(`Cannot use shared files: ${reason}`);
  }

  async #assumeRole(
    name: string,
    settings: IniSection,
    visited: readonly string[],
  ): Promise<Credentials> {
    const source = await this.#source(name, settings, visited);
    const serial = settings.get("mfa_serial");
    const { mfaCode } = this.#options;
    if (serial && !mfaCode) {
      throw unusable(
        `Cannot use profile "${name}": 'mfa_serial' is set, so option 'mfaCode' is needed`,
      );
    }
    return await callSts(this.#context, {
      action: "AssumeRole",
      region: settings.get("region") ?? this.#options.region,
      endpoint: this.#options.stsEndpoint,
      credentials: source,
      credentialsMayChange: !areFixed(source),
      parameters: {
        RoleArn: settings.get("role_arn"),
        RoleSessionName: settings.get("role_session_name") ??
          sessionName(this.#context),
        ExternalId: settings.get("external_id"),
        DurationSeconds: settings.get("duration_seconds"),
        SerialNumber: serial,
        TokenCode: serial && await mfaCode!(serial),
      },
    });
  }

  /** The credentials that a role is assumed with. */
  async #source(
    name: string,
    settings: IniSection,
    visited: readonly string[],
  ): Promise<Credentials> {
    const profile = settings.get("source_profile");
    const source = settings.get("credential_source");
    if (profile && source) {
      throw unusable(
        `Cannot use profile "${name}": set 'source_profile' or 'credential_source', not both`,
      );
    }
    if (profile) {
      if (visited.includes(profile)) {
        throw unusable(
          `Cannot use profile "${name}": 'source_profile' goes in circles: ${
            [...visited, name, profile].join(" -> ")
          }`,
        );
      }
      return await this.resolve(profile, [...visited, name]);
    }
    const provider = this.#namedSource(source!);
    if (!provider) {
      throw unusable(
        `Cannot use profile "${name}": 'credential_source' must be Environment, EcsContainer or Ec2InstanceMetadata: current value is "${source}"`,
      );
    }
    try {
      return await provider();
    } catch (cause) {
      if (!(cause instanceof CredentialsError)) throw cause;
      throw unusable(
        `Cannot use profile "${name}": 'credential_source' ${source}: ${cause.message}`,
        { cause, retryable: cause.retryable },
      );
    }
  }

  #namedSource(source: string): CredentialsProvider | undefined {
    const options = this.#context;
    switch (source) {
      case "Environment":
        return fromEnvironment(options);
      case "EcsContainer":
        return fromContainer(options);
      case "Ec2InstanceMetadata":
        return fromInstanceMetadata(options);
    }
  }
}

const KEY_ID = "aws_access_key_id";
const SECRET_KEY = "aws_secret_access_key";

function keysOf(settings: IniSection): Credentials | undefined {
  const accessKeyId = settings.get(KEY_ID);
  const secretAccessKey = settings.get(SECRET_KEY);
  if (!accessKeyId || !secretAccessKey) return undefined;
  return createCredentials({
    accessKeyId,
    secretAccessKey,
    sessionToken: settings.get("aws_session_token"),
    accountId: settings.get("aws_account_id"),
  });
}
