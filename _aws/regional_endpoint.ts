/**
 * Finds the endpoint of a service that has one for each region.
 *
 * @see {@link https://docs.aws.amazon.com/general/latest/gr/ddb.html}
 * @module
 */
import { checkRegion, partitionOf } from "./partitions.ts";
import { customEndpoint, type Endpoint } from "./endpoint.ts";

/** Options of {@linkcode resolveRegionalEndpoint}. */
export interface RegionalEndpointOptions {
  /** What fails without an endpoint. Starts the error messages, for example `Cannot Scan`. */
  what: string;
  /** The service in host names, for example `dynamodb`. */
  service: string;
  /** The region, for example `eu-central-1`. */
  region: string | undefined;
  /**
   * Whether the endpoint uses FIPS-validated cryptography.
   * @default {false}
   */
  useFips?: boolean;
  /**
   * Whether the endpoint is reachable over IPv4 and IPv6.
   * @default {false}
   */
  useDualStack?: boolean;
  /** The URL of an emulator or proxy. It is used unchanged. */
  endpoint?: string | URL;
  /**
   * Whether `endpoint` may be a plain http URL of another machine.
   * @default {false}
   */
  allowHttp?: boolean;
}

/**
 * Finds the endpoint.
 *
 * @throws {TypeError} if an option cannot be used. The message names the option and what is
 * allowed
 */
export function resolveRegionalEndpoint(
  options: RegionalEndpointOptions,
): Endpoint {
  const region = checkRegion(`${options.what} as 'region'`, options.region);
  return {
    url: options.endpoint === undefined
      ? new URL(`https://${hostOf(region, options)}/`)
      : customEndpoint(options.endpoint, options),
    signingRegion: region,
  };
}

function hostOf(
  region: string,
  { service, useFips = false, useDualStack = false }: RegionalEndpointOptions,
): string {
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // In GovCloud the standard endpoint is the FIPS endpoint.
  const isPlainFips = name === "aws-us-gov" && !useDualStack;
  const label = useFips && !isPlainFips ? `${service}-fips` : service;
  return `${label}.${region}.${useDualStack ? dualStackDnsSuffix : dnsSuffix}`;
}
