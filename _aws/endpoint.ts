/**
 * Where requests go: the rules of the service's published endpoint rule set for names, ARNs, FIPS and dual stack.
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

/** What {@linkcode resolveEndpoint} needs to know. */
export interface EndpointOptions {
  /** The region, for example `eu-central-1`. */
  region: string | undefined;
  /**
   * `data` for PutRecord, PutRecords, GetRecords, GetShardIterator and SubscribeToShard; `control` for all others.
   * Endpoints of an account differ by it.
   */
  operationType: "data" | "control";
  /** Whether the endpoint uses FIPS-validated cryptography. @default {false} */
  useFips?: boolean;
  /** Whether the endpoint answers over IPv6 too. @default {false} */
  useDualStack?: boolean;
  /** The URL of an emulator or proxy; used as it is. */
  endpoint?: string | URL;
  /** Whether `endpoint` may be plain http on another machine. @default {false} */
  allowHttp?: boolean;
  /** The StreamARN of the request. */
  streamARN?: string;
  /** The ConsumerARN of the request; asked after `streamARN`. */
  consumerARN?: string;
  /** The ResourceARN of the request, of a stream, consumer or channel; asked after `consumerARN`. */
  resourceARN?: string;
  /** The account of the credentials: its endpoint serves requests that name no ARN. */
  accountId?: string;
  /** Whether endpoints of `accountId` are used when there are any, never, or always. @default {"preferred"} */
  accountIdEndpointMode?: "preferred" | "disabled" | "required";
}

/** Where to send a request and what to sign it for. */
export interface Endpoint {
  /** The URL to post to. */
  readonly url: URL;
  /** The region of the signature. */
  readonly signingRegion: string;
}

/** Partitions where accounts have no endpoints of their own. */
const WITHOUT_ACCOUNT_ENDPOINTS = ["aws-iso", "aws-iso-b"];

/**
 * Finds the endpoint of one request.
 *
 * @throws {RangeError} if an option cannot be used; the message says which and what is allowed
 */
export function resolveEndpoint(options: EndpointOptions): Endpoint {
  const region = checkRegion(options.region);
  return {
    url: options.endpoint === undefined
      ? new URL(`https://${hostOf(region, options)}/`)
      : customUrl(options.endpoint, options),
    signingRegion: region,
  };
}

function customUrl(endpoint: string | URL, options: EndpointOptions): URL {
  for (const option of ["useFips", "useDualStack"] as const) {
    if (options[option]) {
      throw new RangeError(
        `Cannot use '${option}' as 'endpoint' is set, which is used as it is: set one of them only`,
      );
    }
  }
  return parseEndpointUrl("endpoint", endpoint, options.allowHttp);
}

function hostOf(region: string, options: EndpointOptions): string {
  const { useFips = false, useDualStack = false, operationType } = options;
  const partition = partitionOf(region);
  const account = accountLabel(region, partition, options);
  // In GovCloud the plain endpoint is the FIPS one; only dual stack and accounts have it under a name of its own.
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

/** The first label of an endpoint that belongs to one account (or channel), if there is one for this request. */
function accountLabel(
  region: string,
  partition: Partition,
  options: EndpointOptions,
): string | undefined {
  const { accountId, accountIdEndpointMode: mode = "preferred" } = options;
  if (WITHOUT_ACCOUNT_ENDPOINTS.includes(partition.name)) {
    if (mode !== "required") return undefined;
    throw new RangeError(
      `Cannot use 'accountIdEndpointMode' "required" as partition ${partition.name} has no such endpoints`,
    );
  }
  const allowed = { types: ["stream"], partition, region };
  if (options.streamARN !== undefined) {
    return parseKinesisArn("StreamARN", options.streamARN, allowed).accountId;
  }
  if (options.consumerARN !== undefined) {
    return parseKinesisArn("ConsumerARN", options.consumerARN, allowed)
      .accountId;
  }
  if (options.resourceARN !== undefined) {
    const types = ["stream", "channel"];
    const arn = parseKinesisArn("ResourceARN", options.resourceARN, {
      ...allowed,
      types,
    });
    return arn.resourceType === "channel"
      ? checkLabel("ResourceARN", arn.resourceId)
      : arn.accountId;
  }
  if (accountId !== undefined && mode !== "disabled") {
    return checkLabel("accountId", accountId);
  }
  if (mode === "required") {
    throw new RangeError(
      "Cannot use 'accountIdEndpointMode' \"required\" as the credentials name no account: set 'accountId'",
    );
  }
}

function checkLabel(option: string, label: string): string {
  if (isHostLabel(label)) return label;
  throw new RangeError(
    `Cannot use '${option}' as it must be letters, digits and hyphens: current value is "${label}"`,
  );
}
