/**
 * Finds the endpoint of a request. Implements the service's published endpoint rule set for
 * regions, ARNs, accounts, FIPS and dual stack.
 *
 * @see {@link https://docs.aws.amazon.com/general/latest/gr/ak.html}
 * @module
 */
import { parseKinesisArn } from "./arn.ts";
import {
  checkRegion,
  isHostLabel,
  type Partition,
  partitionOf,
} from "./partitions.ts";
import { parseEndpointUrl } from "./secure_url.ts";

/** Options of {@linkcode resolveEndpoint}. */
export interface EndpointOptions {
  /** What fails without an endpoint. Starts the error messages, for example `Cannot PutRecords`. */
  what: string;
  /** The region, for example `eu-central-1`. */
  region: string | undefined;
  /**
   * `data` for PutRecord, PutRecords, GetRecords, GetShardIterator and SubscribeToShard; `control`
   * for all other actions. It is part of the host name of account endpoints.
   */
  operationType: "data" | "control";
  /** Whether the endpoint uses FIPS-validated cryptography. @default {false} */
  useFips?: boolean;
  /**
   * Whether to use the dual-stack endpoint, which is reachable over IPv4 and IPv6.
   * @default {false}
   */
  useDualStack?: boolean;
  /** The URL of an emulator or proxy. It is used unchanged and overrides the endpoint rules. */
  endpoint?: string | URL;
  /** Whether `endpoint` may be a plain http URL of another machine. @default {false} */
  allowHttp?: boolean;
  /** The StreamARN of the request. */
  streamARN?: string;
  /** The ConsumerARN of the request. Used if there is no `streamARN`. */
  consumerARN?: string;
  /**
   * The ResourceARN of the request: a stream, consumer or channel. Used if there is no
   * `consumerARN`.
   */
  resourceARN?: string;
  /** The account id of the credentials. Its endpoint is used for requests without an ARN. */
  accountId?: string;
  /**
   * Whether to use the endpoint of `accountId`: `"preferred"` if there is an account id,
   * `"disabled"` never, `"required"` always (a TypeError if that is impossible).
   * @default {"preferred"}
   */
  accountIdEndpointMode?: "preferred" | "disabled" | "required";
}

/** The endpoint of one request. */
export interface Endpoint {
  /** The URL to send the request to. */
  readonly url: URL;
  /** The region to sign the request for. */
  readonly signingRegion: string;
}

/** Partitions without account endpoints. */
const WITHOUT_ACCOUNT_ENDPOINTS = ["aws-iso", "aws-iso-b"];

/**
 * Finds the endpoint of one request.
 *
 * @throws {TypeError} if an option cannot be used. The message names the option and what is
 * allowed
 */
export function resolveEndpoint(options: EndpointOptions): Endpoint {
  const region = checkRegion(
    `${options.what} as 'region'`,
    options.region,
  );
  return {
    url: options.endpoint === undefined
      ? new URL(`https://${hostOf(region, options)}/`)
      : customEndpoint(options.endpoint, options),
    signingRegion: region,
  };
}

/**
 * The URL of a custom endpoint.
 *
 * @throws {TypeError} if it is not a URL that may be used, or excludes another option
 */
export function customEndpoint(
  endpoint: string | URL,
  options: Pick<
    EndpointOptions,
    "what" | "useFips" | "useDualStack" | "allowHttp"
  >,
): URL {
  for (const option of ["useFips", "useDualStack"] as const) {
    if (options[option]) {
      throw new TypeError(
        `${options.what} with '${option}' as 'endpoint' is set, which is used as it is: set one of them only`,
      );
    }
  }
  return parseEndpointUrl(
    `${options.what} as 'endpoint'`,
    endpoint,
    options.allowHttp ?? false,
  );
}

function hostOf(region: string, options: EndpointOptions): string {
  const { useFips = false, useDualStack = false, operationType } = options;
  const partition = partitionOf(region);
  const account = accountLabel(region, partition, options);
  // In GovCloud the standard endpoint is the FIPS endpoint. Only its dual-stack and account
  // endpoints have a separate name for FIPS.
  const isPlainFips = partition.name === "aws-us-gov" && !useDualStack &&
    account === undefined;
  const service = `kinesis${useFips && !isPlainFips ? "-fips" : ""}`;
  const suffix = useDualStack
    ? partition.dualStackDnsSuffix
    : partition.dnsSuffix;
  return account === undefined
    ? `${service}.${region}.${suffix}`
    : `${account}.${operationType}-${service}.${region}.${suffix}`;
}

/**
 * The first label of the host name if the request goes to the endpoint of an account or channel,
 * otherwise `undefined`.
 */
function accountLabel(
  region: string,
  partition: Partition,
  options: EndpointOptions,
): string | undefined {
  const { what, accountId } = options;
  const { accountIdEndpointMode: mode = "preferred" } = options;
  if (WITHOUT_ACCOUNT_ENDPOINTS.includes(partition.name)) {
    if (mode !== "required") return undefined;
    throw new TypeError(
      `${what} with 'accountIdEndpointMode' "required" as partition ${partition.name} has no such endpoints`,
    );
  }
  const allowed = { types: ["stream"], partition, region };
  if (options.streamARN !== undefined) {
    const subject = `${what} as 'StreamARN'`;
    return parseKinesisArn(subject, options.streamARN, allowed).accountId;
  }
  if (options.consumerARN !== undefined) {
    const subject = `${what} as 'ConsumerARN'`;
    return parseKinesisArn(subject, options.consumerARN, allowed).accountId;
  }
  if (options.resourceARN !== undefined) {
    const types = ["stream", "channel"];
    const subject = `${what} as 'ResourceARN'`;
    const arn = parseKinesisArn(subject, options.resourceARN, {
      ...allowed,
      types,
    });
    return arn.resourceType === "channel"
      ? checkLabel(subject, arn.resourceId)
      : arn.accountId;
  }
  if (accountId !== undefined && mode !== "disabled") {
    return checkLabel(`${what} as 'accountId'`, accountId);
  }
  if (mode === "required") {
    throw new TypeError(
      `${what} with 'accountIdEndpointMode' "required" as the credentials name no account: set 'accountId'`,
    );
  }
}

function checkLabel(subject: string, label: string): string {
  if (isHostLabel(label)) return label;
  throw new TypeError(
    `${subject} must be letters, digits and hyphens: current value is "${label}"`,
  );
}
