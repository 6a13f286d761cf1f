/**
 * DynamoDB among AWS services: its protocol, its endpoints, and advice about its errors.
 *
 * @module
 */
import { type Codec, errorBodyOf } from "../_aws/codec.ts";
import { commonHintFor } from "../_aws/error_hints.ts";
import { resolveRegionalEndpoint } from "../_aws/regional_endpoint.ts";
import { NOT_FOUND } from "../_aws/service_error.ts";
import { SharedCall } from "../_core/shared_call.ts";
import type {
  Destination,
  DestinationFinder,
} from "../_service/destination.ts";
import {
  type EndpointSettings,
  resolveEndpointSettings,
} from "../_service/endpoint_settings.ts";
import type { ResolvedServiceOptions } from "../_service/options.ts";
import type { Service } from "../_service/service.ts";
import { KinesisError } from "../errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The protocol of DynamoDB. Attribute values have their own form, so nothing is converted. */
export const dynamoDBCodec: Codec = {
  contentType: "application/x-amz-json-1.0",
  encode: (_action, request) => encoder.encode(JSON.stringify(request)),
  decode(_action, body) {
    const answer: unknown = JSON.parse(decoder.decode(body));
    if (typeof answer === "object" && answer !== null) return answer;
    throw new TypeError("the answer is not an object");
  },
  decodeError(body) {
    try {
      return errorBodyOf(JSON.parse(decoder.decode(body)));
    } catch {
      return {};
    }
  },
};

const MISSING_TABLE =
  "Check the name of the table, and that it is in this region and account. " +
  "With 'createTable: true' the checkpointer creates it, which needs dynamodb:CreateTable and " +
  "dynamodb:DescribeTable. Or run: aws dynamodb create-table --table-name NAME " +
  "--billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=leaseKey,AttributeType=S " +
  "--key-schema AttributeName=leaseKey,KeyType=HASH";

/** DynamoDB. */
export const DYNAMODB: Service = {
  name: "DynamoDB",
  owner: "DynamoDBCheckpointer",
  signingName: "dynamodb",
  targetPrefix: "DynamoDB_20120810",
  settingsName: "DYNAMODB",
  codecOf: () => dynamoDBCodec,
  hintFor(code, action) {
    switch (code) {
      case "AccessDeniedException":
        return `Allow dynamodb:${action} for this table in the policy of the credentials in use`;
      case NOT_FOUND:
        return MISSING_TABLE;
      case "ValidationException":
        return "The table must have the partition key 'leaseKey' of type S, and no sort key";
      default:
        return commonHintFor(code, "DynamoDB");
    }
  },
};

/** The one destination of all calls. Reads variables and files once, before the first call. */
export class RegionalDestination implements DestinationFinder {
  readonly #options: ResolvedServiceOptions;
  readonly #reading: SharedCall<EndpointSettings>;
  #found: Destination | undefined;

  /** Reads nothing before the first call. */
  constructor(options: ResolvedServiceOptions) {
    this.#options = options;
    this.#reading = new SharedCall(
      () => resolveEndpointSettings(options, DYNAMODB),
      options.clock,
    );
  }

  /** See {@linkcode DestinationFinder.of}. */
  of(
    action: string,
    _request: object,
    signal: AbortSignal,
  ): Destination | Promise<Destination> {
    return this.#found ?? this.#find(`Cannot ${action}`, signal);
  }

  async #find(what: string, signal: AbortSignal): Promise<Destination> {
    const settings = await this.#reading.run(signal);
    const { allowHttp } = this.#options;
    try {
      const { url, signingRegion: region } = resolveRegionalEndpoint({
        what,
        service: "dynamodb",
        ...settings,
        allowHttp,
      });
      const name = settings.endpoint === undefined ? region : url.origin;
      return this.#found = { url, region, name };
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new KinesisError(cause.message, { code: "InvalidEndpoint", cause });
    }
  }
}
