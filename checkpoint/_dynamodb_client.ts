/**
 * The calls of DynamoDB that a lease table needs.
 *
 * @module
 */
import { plainJsonCodec } from "../_aws/plain_json_codec.ts";
import {
  type ResolvedServiceOptions,
  resolveServiceOptions,
  type ServiceOptions,
} from "../_service/options.ts";
import { RegionalDestination } from "../_service/regional_destination.ts";
import { Transport } from "../_service/transport.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import { DYNAMODB } from "./_dynamodb_service.ts";

/** The value of an attribute: one member, named by its type. Numbers are decimal texts. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly SS?: readonly string[];
}

/** A row of a table. */
export type Item = Readonly<Record<string, Attribute>>;

/** The members of all answers that are used here. */
export interface DynamoDBAnswer {
  /** The row as it is after an UpdateItem. */
  readonly Attributes?: Item;
  /** The row of a GetItem, if there is one. */
  readonly Item?: Item;
  /** The rows of a page of a Scan. */
  readonly Items?: readonly Item[];
  /** The key to start the next page after. Absent on the last page. */
  readonly LastEvaluatedKey?: Item;
  /** The table of a DescribeTable. */
  readonly Table?: TableDescription;
}

/** The description of a table. */
export interface TableDescription {
  /** `CREATING`, `UPDATING`, `ACTIVE`, `DELETING` and others. */
  readonly TableStatus: string;
}

/** Options of a call. */
interface Call {
  readonly signal?: AbortSignal;
}

/** Sends signed requests to DynamoDB. */
export class DynamoDBClient {
  readonly #options: ResolvedServiceOptions;
  readonly #transport: Transport;

  /**
   * Checks the options, which may be `others` as well. Sends nothing and reads no variables or
   * files before the first call.
   *
   * @throws {TypeError} if an option has a wrong type or format, or two options exclude each other
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: ServiceOptions, others: readonly string[]) {
    const what = `Cannot create ${DYNAMODB.owner}`;
    this.#options = resolveServiceOptions(what, options, others);
    this.#transport = new Transport({
      service: DYNAMODB,
      options: this.#options,
      codec: plainJsonCodec,
      destinations: new RegionalDestination(DYNAMODB, this.#options),
    });
  }

  /** The options of all calls. */
  get options(): ResolvedServiceOptions {
    return this.#options;
  }

  /** Sends a call that changes nothing, or that may be sent twice. */
  async read(
    action: string,
    request: object,
    { signal }: Call = {},
  ): Promise<DynamoDBAnswer> {
    return await this.#transport.call(action, request, { signal });
  }

  /**
   * Sends a conditional write. Resolves with `undefined` if its condition is not met.
   *
   * A write is sent again only if the answer says that it did not happen. After any other failure
   * it may have happened. It would then be refused the second time, and the caller would take its
   * own write for that of another worker.
   */
  async write(
    action: string,
    request: object,
    { signal }: Call = {},
  ): Promise<DynamoDBAnswer | undefined> {
    try {
      return await this.#transport.call(action, request, {
        signal,
        mayRepeat: didNotHappen,
      });
    } catch (error) {
      if (hasCode(error, "ConditionalCheckFailedException")) return undefined;
      throw error;
    }
  }
}

/** Whether an error of the service has a code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ServiceError && error.code === code;
}

/**
 * Whether a failure proves that the request was not executed. DynamoDB refuses a request before it
 * writes: throttles, signatures, credentials and conditions have a status of 4xx. After a status
 * of 5xx, a time limit, a broken connection or a cut answer, the write may have happened.
 */
function didNotHappen(failure: unknown): boolean {
  if (failure instanceof ServiceError) {
    return failure.status < 500 || failure.throttled;
  }
  // Without credentials or an endpoint, nothing was sent.
  return failure instanceof KinesisError &&
    UNSENT_CODES.has(failure.code);
}

const UNSENT_CODES = new Set(["CredentialsFailed", "CredentialsUnavailable"]);
