/**
 * The region and the endpoint that the options, the variables and the shared files name.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html}
 * @module
 */
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import { type Environment, envOf } from "../credentials/environment.ts";
import { loadProfile, type Profile } from "../credentials/shared_files.ts";
import { KinesisError } from "../errors.ts";
import {
  ACCOUNT_ID_ENDPOINT_MODES,
  type AccountIdEndpointMode,
  type ResolvedServiceOptions,
} from "./options.ts";
import type { Service } from "./service.ts";

/** The destination of requests that name no ARN. */
export interface EndpointSettings {
  /** The region. */
  readonly region: string;
  /** The custom endpoint, if there is one. */
  readonly endpoint?: URL;
  /** Whether FIPS endpoints are used. */
  readonly useFips: boolean;
  /** Whether dual-stack endpoints are used. */
  readonly useDualStack: boolean;
  /** Whether requests go to the endpoint of the credentials' account. */
  readonly accountIdEndpointMode: AccountIdEndpointMode;
}

/** The region to sign for if there is a custom endpoint and no region, as in the AWS tools. */
const FALLBACK_REGION = "us-east-1";
const WHAT = "Cannot find the endpoint";

/**
 * Reads each setting from the options, then from the variables, then from the profile.
 *
 * @throws {KinesisError} `NoRegion` if none of them names a region, `InvalidEndpoint` if a setting
 * cannot be used
 */
export async function resolveEndpointSettings(
  options: ResolvedServiceOptions,
  service: Pick<Service, "owner" | "settingsName">,
): Promise<EndpointSettings> {
  const { environment } = options;
  if (options.endpoint) return await settingsOfGivenEndpoint(options);
  const profile = await loadProfile(environment);
  const { settings } = profile;
  const isOn = (variable: string, key: string) =>
    (envOf(environment, variable) ?? settings.get(key))?.toLowerCase() ===
      "true";
  const isIgnored = isOn(
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "ignore_configured_endpoint_urls",
  );
  const endpoint = isIgnored
    ? undefined
    : endpointOf(options, profile, service);
  const region = options.region ?? regionOf(environment) ??
    settings.get("region") ?? (endpoint && FALLBACK_REGION);
  if (!region) {
    throw new KinesisError(
      `Cannot find the region: set 'region' of ${service.owner}, the variable AWS_REGION, or 'region' of the profile in ~/.aws/config`,
      { code: "NoRegion" },
    );
  }
  return {
    region,
    endpoint,
    useFips: options.useFips ??
      isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
    useDualStack: options.useDualStack ??
      isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    accountIdEndpointMode: options.accountIdEndpointMode ??
      accountModeOf(environment, profile) ?? "preferred",
  };
}

/** Variables and files may name the region of an endpoint that the program names, nothing else. */
async function settingsOfGivenEndpoint(
  { region, endpoint, environment, useFips, useDualStack }:
    ResolvedServiceOptions,
): Promise<EndpointSettings> {
  return {
    region: region ?? regionOf(environment) ??
      (await loadProfile(environment)).settings.get("region") ??
      FALLBACK_REGION,
    endpoint,
    useFips: useFips ?? false,
    useDualStack: useDualStack ?? false,
    accountIdEndpointMode: "disabled",
  };
}

function regionOf(environment: Environment): string | undefined {
  return envOf(environment, "AWS_REGION") ??
    envOf(environment, "AWS_DEFAULT_REGION");
}

/**
 * Variables come before files. Among variables, and among settings of files, the endpoint of the
 * service comes before the endpoint of all services.
 */
function endpointOf(
  options: ResolvedServiceOptions,
  { name, settings, services }: Profile,
  { settingsName }: Pick<Service, "settingsName">,
): URL | undefined {
  const ofServiceVariable = `AWS_ENDPOINT_URL_${settingsName}`;
  for (const variable of [ofServiceVariable, "AWS_ENDPOINT_URL"]) {
    const url = envOf(options.environment, variable);
    if (url) return parse(variable, url, options);
  }
  const section = settings.get("services");
  // Without this error, requests that are meant for another endpoint would go to AWS.
  if (section && !services) {
    throw invalid(
      `${WHAT}: profile "${name}" names 'services' "${section}", and there is no section [services ${section}] in the config file`,
    );
  }
  const ofService = services?.get(`${settingsName.toLowerCase()}.endpoint_url`);
  if (ofService) {
    const source =
      `'endpoint_url' of ${settingsName.toLowerCase()} in [services ${section}]`;
    return parse(source, ofService, options);
  }
  const ofAll = settings.get("endpoint_url");
  return ofAll === undefined
    ? undefined
    : parse(`'endpoint_url' of profile "${name}"`, ofAll, options);
}

function parse(
  source: string,
  url: string,
  { allowHttp }: ResolvedServiceOptions,
): URL {
  try {
    return parseEndpointUrl(`${WHAT} as ${source}`, url, allowHttp);
  } catch (cause) {
    throw invalid((cause as TypeError).message, cause);
  }
}

function accountModeOf(
  environment: Environment,
  { name, settings }: Profile,
): AccountIdEndpointMode | undefined {
  const variable = envOf(environment, "AWS_ACCOUNT_ID_ENDPOINT_MODE");
  const text = variable ?? settings.get("account_id_endpoint_mode");
  const mode = ACCOUNT_ID_ENDPOINT_MODES.find((mode) => mode === text);
  if (mode || text === undefined) return mode;
  const source = variable
    ? "AWS_ACCOUNT_ID_ENDPOINT_MODE"
    : `'account_id_endpoint_mode' of profile "${name}"`;
  throw invalid(
    `${WHAT} as ${source} must be "preferred", "disabled" or "required": current value is "${text}"`,
  );
}

function invalid(message: string, cause?: unknown): KinesisError {
  return new KinesisError(message, {
    code: "InvalidEndpoint",
    ...(cause === undefined ? {} : { cause }),
  });
}
