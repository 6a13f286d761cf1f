/**
 * The partitions of AWS. A partition is a group of regions with its own domain names. All
 * partitions offer FIPS and dual-stack endpoints.
 *
 * @see
 * {@link https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html}
 * @module
 */

/** One partition. */
export interface Partition {
  /** The name in ARNs, for example `aws-cn`. */
  readonly name: string;
  /** The domain of standard endpoints (IPv4 only). */
  readonly dnsSuffix: string;
  /** The domain of dual-stack endpoints (IPv4 and IPv6). */
  readonly dualStackDnsSuffix: string;
}

const AWS: Partition = {
  name: "aws",
  dnsSuffix: "amazonaws.com",
  dualStackDnsSuffix: "api.aws",
};

/**
 * Partitions by the prefix of their region names. Regions without such a prefix belong to `aws`.
 */
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

/** The partition of a region. An unknown region is assumed to belong to the partition `aws`. */
export function partitionOf(region: string): Partition {
  const entry = PARTITIONS.find(([prefix]) => region.startsWith(prefix));
  return entry?.[1] ?? AWS;
}

/**
 * Whether a text is a valid label of a host name: 1 to 63 letters, digits and hyphens, without a
 * hyphen at either end.
 */
export function isHostLabel(text: string): boolean {
  return /^(?!-)[A-Za-z0-9-]{1,63}$(?<!-)/.test(text);
}

/**
 * Checks that a region is a valid label of a host name and returns it. Without this check, a region
 * such as `x.example.com/` in a configuration file would send requests to another host. `subject`
 * starts the error messages, for example `Cannot PutRecords as 'region'`.
 *
 * @throws {TypeError} if the region is missing or not a valid label
 */
export function checkRegion(
  subject: string,
  region: string | undefined,
): string {
  if (!region) {
    throw new TypeError(
      `${subject} is not set: pass it, or set AWS_REGION or the profile's region`,
    );
  }
  if (!isHostLabel(region)) {
    throw new TypeError(
      `${subject} must be a name such as us-east-1: current value is "${region}"`,
    );
  }
  return region;
}
