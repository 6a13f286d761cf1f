/**
 * What variables and shared files say about where calls go, under what the program says itself.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html}
 * @module
 */
import { parseEndpointUrl } from "../_aws/secure_url.ts";
import { type Environment, envOf } from "../credentials/environment.ts";
import { loadProfile, type Profile } from "../credentials/shared_files.ts";
import { KinesisError } from "../errors.ts";
import {
  type AccountIdEndpointMode,
  checkAccountMode,
  type ResolvedClientOptions,
} from "./options.ts";

/** Where calls go that say nothing themselves. */
export interface Surroundings {
  /** The region. */
  readonly region: string;
  /** The custom endpoint. */
  readonly endpoint?: URL;
  /** Whether FIPS endpoints are used. */
  readonly useFips: boolean;
  /** Whether dual-stack endpoints are used. */
  readonly useDualStack: boolean;
  /** What is done with the account of the credentials. */
  readonly accountIdEndpointMode: AccountIdEndpointMode;
}

/** Emulators live in no region; this is the one that the tools of AWS fall back to. */
const REGION_OF_NOWHERE = "us-east-1";

/**
 * Asks the options, then the variables, then the profile.
 *
 * @throws {KinesisError} `NoRegion` if none of them says which region, `InvalidEndpoint` if one of them says nonsense
 */
export async function lookAround(
  options: ResolvedClientOptions,
): Promise<Surroundings> {
  const { environment } = options;
  // An endpoint that the program names goes before wishes of the surroundings.
  if (options.endpoint) {
    const region = options.region ?? regionOf(environment) ??
      (await loadProfile(environment)).settings.get("region");
    return {
      region: region ?? REGION_OF_NOWHERE,
      endpoint: options.endpoint,
      useFips: options.useFips ?? false,
      useDualStack: options.useDualStack ?? false,
      accountIdEndpointMode: "disabled",
    };
  }
  const profile = await loadProfile(environment);
  const { settings } = profile;
  const setting = (variable: string, key: string) =>
    envOf(environment, variable) ?? settings.get(key);
  const isOn = (variable: string, key: string) =>
    setting(variable, key)?.toLowerCase() === "true";
  const isIgnored = isOn(
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "ignore_configured_endpoint_urls",
  );
  const endpoint = isIgnored ? undefined : endpointOf(options, profile);
  const region = options.region ?? regionOf(environment) ??
    settings.get("region") ?? (endpoint && REGION_OF_NOWHERE);
  if (!region) {
    throw new KinesisError(
      "Cannot find the region: set 'region' of KinesisClient, the variable AWS_REGION, or 'region' of the profile in ~/.aws/config",
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

function regionOf(environment: Environment): string | undefined {
  return envOf(environment, "AWS_REGION") ??
    envOf(environment, "AWS_DEFAULT_REGION");
}

/** Variables go before files, and only then the endpoint of the service before that of all. */
function endpointOf(
  options: ResolvedClientOptions,
  { name, settings, services }: Profile,
): URL | undefined {
  for (const variable of ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"]) {
    const url = envOf(options.environment, variable);
    if (url) return parse(variable, url, options);
  }
  const section = settings.get("services");
  // Going on would send to AWS what was meant for somewhere else.
  if (section && !services) {
    throw new KinesisError(
      `Cannot find the endpoint: profile "${name}" names 'services' "${section}", and there is no section [services ${section}] in the config file`,
      { code: "InvalidEndpoint" },
    );
  }
  const ofService = services?.get("kinesis.endpoint_url");
  if (ofService) {
    const source = `'endpoint_url' of kinesis in [services ${section}]`;
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
  { allowHttp }: ResolvedClientOptions,
): URL {
  try {
    return parseEndpointUrl("endpoint", url, allowHttp);
  } catch (cause) {
    const { message } = cause as RangeError;
    throw new KinesisError(message.replace("'endpoint'", () => source), {
      code: "InvalidEndpoint",
      cause,
    });
  }
}

function accountModeOf(
  environment: Environment,
  { name, settings }: Profile,
): AccountIdEndpointMode | undefined {
  const variable = envOf(environment, "AWS_ACCOUNT_ID_ENDPOINT_MODE");
  const what = variable
    ? "AWS_ACCOUNT_ID_ENDPOINT_MODE"
    : `'account_id_endpoint_mode' of profile "${name}"`;
  try {
    return checkAccountMode(
      `Cannot find the endpoint as ${what}`,
      variable ?? settings.get("account_id_endpoint_mode"),
    );
  } catch (cause) {
    throw new KinesisError((cause as TypeError).message, {
      code: "InvalidEndpoint",
      cause,
    });
  }
}
