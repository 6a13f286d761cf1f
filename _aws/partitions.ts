/**
 * The partitions of AWS: separate clouds with their own domains. All of them offer FIPS and dual-stack endpoints.
 *
 * @see {@link https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html}
 * @module
 */

/** One partition. */
export interface Partition {
  /** The name as ARNs have it, for example `aws-cn`. */
  readonly name: string;
  /** The domain of IPv4 endpoints. */
  readonly dnsSuffix: string;
  /** The domain of endpoints for IPv4 and IPv6. */
  readonly dualStackDnsSuffix: string;
}

const AWS: Partition = {
  name: "aws",
  dnsSuffix: "amazonaws.com",
  dualStackDnsSuffix: "api.aws",
};

/** Partitions by the start of their regions' names; the plain `aws` is for every other one. */
const PARTITIONS: readonly (readonly [prefix: string, Partition])[] = [
  ["cn-", {
    name: "aws-cn",
    dnsSuffix: "amazonaws.com.cn",
    dualStackDnsSuffix: "api.amazonwebservices.com.cn",
  }],
  ["us-gov-", {
    name: "aws-us-gov",
    dnsSuffix: "amazonaws.com",
    dualStackDnsSuffix: "api.aws",
  }],
  ["eusc-", {
    name: "aws-eusc",
    dnsSuffix: "amazonaws.eu",
    dualStackDnsSuffix: "api.amazonwebservices.eu",
  }],
  ["us-iso-", {
    name: "aws-iso",
    dnsSuffix: "c2s.ic.gov",
    dualStackDnsSuffix: "api.aws.ic.gov",
  }],
  ["us-isob-", {
    name: "aws-iso-b",
    dnsSuffix: "sc2s.sgov.gov",
    dualStackDnsSuffix: "api.aws.scloud",
  }],
  ["eu-isoe-", {
    name: "aws-iso-e",
    dnsSuffix: "cloud.adc-e.uk",
    dualStackDnsSuffix: "api.cloud-aws.adc-e.uk",
  }],
  ["us-isof-", {
    name: "aws-iso-f",
    dnsSuffix: "csp.hci.ic.gov",
    dualStackDnsSuffix: "api.aws.hci.ic.gov",
  }],
];

/** The partition of a region. A region that is not known yet is taken for one of the plain `aws` partition. */
export function partitionOf(region: string): Partition {
  const entry = PARTITIONS.find(([prefix]) => region.startsWith(prefix));
  return entry?.[1] ?? AWS;
}

/** Whether a text can stand between two dots of a host name: letters, digits and inner hyphens, 1 to 63 of them. */
export function isHostLabel(text: string): boolean {
  return /^(?!-)[A-Za-z0-9-]{1,63}$(?<!-)/.test(text);
}

/**
 * Makes sure that a region can be part of a host name, so that a slip of the configuration cannot send requests elsewhere.
 *
 * @throws {RangeError} if it is missing or cannot be a region
 */
export function checkRegion(region: string | undefined): string {
  if (!region) {
    throw new RangeError(
      "Cannot find the endpoint as 'region' is not set: pass it, or set AWS_REGION or the profile's region",
    );
  }
  if (!isHostLabel(region)) {
    throw new RangeError(
      `Cannot find the endpoint as 'region' must be a name such as us-east-1: current value is "${region}"`,
    );
  }
  return region;
}
