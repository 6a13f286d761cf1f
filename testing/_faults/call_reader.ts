/**
 * Reads from a request which permission it needs, for which resource.
 *
 * @see {@link https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html}
 * @module
 */
import type { AuthorizedCall } from "../policy.ts";
import type { Exchange } from "./exchange.ts";

/** How many iterators are remembered. A reader uses one iterator per shard at a time. */
const MAX_ITERATORS = 10_000;
/** Service names in permissions, by the part of `X-Amz-Target` before the action. */
const SERVICES: Readonly<Record<string, string>> = {
  Kinesis_20131202: "kinesis",
  DynamoDB_20120810: "dynamodb",
  GraniteServiceVersion20100801: "cloudwatch",
};

/** Where names without an ARN belong. */
export interface CallReaderOptions {
  /** @default {"123456789012"} */
  accountId?: string;
  /** @default {"us-east-1"} */
  region?: string;
}

/** Reads calls. Remembers the stream of each iterator, because GetRecords names no stream. */
export class CallReader {
  readonly #place: string;
  readonly #streams = new Map<string, string>();

  constructor(
    { accountId = "123456789012", region = "us-east-1" }: CallReaderOptions,
  ) {
    this.#place = `${region}:${accountId}`;
  }

  /** The call of a request. `undefined` if it is for a service that is not known here. */
  callOf({ target, input }: Exchange): AuthorizedCall | undefined {
    const [prefix = "", action = ""] = target.split(".");
    if (!Object.hasOwn(SERVICES, prefix)) return undefined;
    const service = SERVICES[prefix]!;
    return {
      action: `${service}:${action}`,
      resource: this.#resourceOf(service, input),
    };
  }

  /** Remembers the stream of the iterator in an answer. */
  async rememberIterator(
    exchange: Exchange,
    { action, resource }: AuthorizedCall,
    response: Response,
  ): Promise<void> {
    const isIterator = action === "kinesis:GetShardIterator" ||
      action === "kinesis:GetRecords";
    if (!isIterator || !response.ok) return;
    const answer = await exchange.members(response.clone());
    const iterator = answer.ShardIterator ?? answer.NextShardIterator;
    if (typeof iterator !== "string") return;
    this.#streams.set(iterator, resource);
    if (this.#streams.size > MAX_ITERATORS) {
      this.#streams.delete(this.#streams.keys().next().value!);
    }
  }

  #resourceOf(
    service: string,
    input: Readonly<Record<string, unknown>>,
  ): string {
    const { StreamARN, ConsumerARN, ResourceARN, QueueARN, ChannelARN } = input;
    const arn = StreamARN ?? ConsumerARN ?? ResourceARN ?? QueueARN ??
      ChannelARN;
    if (typeof arn === "string") return arn;
    const { StreamName, ShardIterator, TableName } = input;
    if (service === "dynamodb" && typeof TableName === "string") {
      return `arn:aws:dynamodb:${this.#place}:table/${TableName}`;
    }
    if (typeof StreamName === "string") {
      return `arn:aws:kinesis:${this.#place}:stream/${StreamName}`;
    }
    return this.#streams.get(String(ShardIterator)) ?? "*";
  }
}
