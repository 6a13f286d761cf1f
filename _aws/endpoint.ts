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
   * `data` for the actions on records, `control` for all other actions. It is part of the host name
   * of account endpoints.
   */
  operationType: "data" | "control";
  /**
   * Whether the action is one on queues, which have hosts of their own.
   * @default {false}
   */
  isOfQueues?: boolean;
  /**
   * Whether the endpoint uses FIPS-validated cryptography.
   * @default {false}
   */
  useFips?: boolean;
  /**
   * Whether to use the dual-stack endpoint, which is reachable over IPv4 and IPv6.
   * @default {false}
   */
  useDualStack?: boolean;
  /** The URL of an emulator or proxy. It is used unchanged and overrides the endpoint rules. */
  endpoint?: string | URL;
  /**
   * Whether `endpoint` may be a plain http URL of another machine.
   * @default {false}
   */
  allowHttp?: boolean;
  /** The StreamId of the request. Used if it has the form of such an id. */
  streamId?: string;
  /** The StreamARN of the request. Used if there is no `streamId`. */
  streamARN?: string;
  /** The ConsumerARN of the request. Used if there is no `streamARN`. */
  consumerARN?: string;
  /**
   * The ResourceARN of the request: a stream, consumer, channel or queue. Used if there is no
   * `consumerARN`.
   */
  resourceARN?: string;
  /** The ChannelARN of the request. Used if there is no `resourceARN`. */
  channelARN?: string;
  /** The QueueARN of the request. Used if there is no `channelARN`. */
  queueARN?: string;
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

/** The parts of a host name. */
interface Route {
  /** The first labels, if the request goes to the endpoint of an account or resource. */
  readonly label?: string;
  /** Whether the host is one of queues. */
  readonly isOfQueues?: boolean;
}

function hostOf(region: string, options: EndpointOptions): string {
  const { useFips = false, useDualStack = false, operationType } = options;
  const partition = partitionOf(region);
  const { label, isOfQueues = options.isOfQueues ?? false } = routeOf(
    region,
    partition,
    options,
  );
  // In GovCloud the standard endpoint is the FIPS endpoint. Only its other endpoints have a separate
  // name for FIPS.
  const isPlainFips = partition.name === "aws-us-gov" && !useDualStack &&
    label === undefined && !isOfQueues;
  const service = `kinesis${isOfQueues ? "-queues" : ""}${
    useFips && !isPlainFips ? "-fips" : ""
  }`;
  const suffix = useDualStack
    ? partition.dualStackDnsSuffix
    : partition.dnsSuffix;
  return label === undefined
    ? `${service}.${region}.${suffix}`
    : `${label}.${operationType}-${service}.${region}.${suffix}`;
}

/** Finds the account or resource whose endpoint a request goes to. */
function routeOf(
  region: string,
  partition: Partition,
  options: EndpointOptions,
): Route {
  const { what, accountId, queueARN, resourceARN } = options;
  const { accountIdEndpointMode: mode = "preferred" } = options;
  const parse = (name: string, arn: string, types: readonly string[]) =>
    parseKinesisArn(`${what} as '${name}'`, arn, { types, partition, region });
  if (WITHOUT_ACCOUNT_ENDPOINTS.includes(partition.name)) {
    const arn = queueARN ?? (isQueueArn(resourceARN) ? resourceARN : undefined);
    if (arn !== undefined) {
      const name = queueARN === undefined ? "ResourceARN" : "QueueARN";
      const { resourceId } = parse(name, arn, ["queue"]);
      checkLabel(`${what} as '${name}'`, resourceId);
      return { isOfQueues: true };
    }
    if (mode !== "required") return {};
    throw new TypeError(
      `${what} with 'accountIdEndpointMode' "required" as partition ${partition.name} has no such endpoints`,
    );
  }
  const { streamId } = options;
  if (isStreamId(streamId)) return { label: streamId.replace("-", ".") };
  for (const name of ["StreamARN", "ConsumerARN"] as const) {
    const arn = name === "StreamARN" ? options.streamARN : options.consumerARN;
    if (arn !== undefined) {
      return { label: parse(name, arn, ["stream"]).accountId };
    }
  }
  const resources = [
    ["ResourceARN", resourceARN, ["stream", "channel", "queue"]],
    ["ChannelARN", options.channelARN, ["channel"]],
    ["QueueARN", queueARN, ["queue"]],
  ] as const;
  for (const [name, arn, types] of resources) {
    if (arn === undefined) continue;
    const { resourceType, resourceId, accountId } = parse(name, arn, types);
    if (resourceType === "stream") return { label: accountId };
    return {
      label: checkLabel(`${what} as '${name}'`, resourceId),
      isOfQueues: resourceType === "queue",
    };
  }
  if (accountId !== undefined && mode !== "disabled") {
    return { label: checkLabel(`${what} as 'accountId'`, accountId) };
  }
  if (mode === "required") {
    throw new TypeError(
      `${what} with 'accountIdEndpointMode' "required" as the credentials name no account: set 'accountId'`,
    );
  }
  return {};
}

function isQueueArn(arn: string | undefined): boolean {
  return arn !== undefined && /^([^:]*:){5}queue(?:[:/]|$)/.test(arn);
}

/**
 * Whether a text has the form of a StreamId. Every other text would reach the host name with
 * characters that may end it, such as a slash.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html
 */
export function isStreamId(text: string | undefined): text is string {
  return text !== undefined && /^[a-z0-9]{20}-[a-z0-9]{3}$/.test(text);
}

function checkLabel(subject: string, label: string): string {
  if (isHostLabel(label)) return label;
  throw new TypeError(
    `${subject} must be letters, digits and hyphens: current value is "${label}"`,
  );
}
