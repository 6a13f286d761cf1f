/**
 * Denies the requests that an identity policy of IAM does not allow.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { Exchange, type Fetch } from "./_faults/exchange.ts";
import { CallReader } from "./_faults/call_reader.ts";
import { type AuthorizedCall, Policy, type PolicyDocument } from "./policy.ts";

/** Options of {@linkcode withPolicy}. */
export interface WithPolicyOptions {
  /**
   * The account in the ARNs of streams that requests name without an ARN.
   * @default {"123456789012"}
   */
  accountId?: string;
  /**
   * The region in these ARNs.
   * @default {"us-east-1"}
   */
  region?: string;
}

/** A `fetch` whose requests need permissions. */
export interface PolicedFetch {
  /** Sends a request if the policy allows it, and answers `AccessDeniedException` if not. */
  (input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** The calls that were denied, oldest first. */
  readonly denied: readonly AuthorizedCall[];
  /** The actions that the policy allows, and that no request has needed yet. */
  readonly unused: readonly string[];
}

/**
 * Wraps a `fetch` and denies the requests to Kinesis, DynamoDB and CloudWatch that a policy does not
 * allow. A test can so prove that a program needs no more permissions than its policy has, and
 * ({@linkcode PolicedFetch.unused}) that the policy has no more than the program needs.
 *
 * The resource of a call is the ARN in the request, or is made of the name of its stream or table.
 * GetRecords names an iterator: it belongs to the stream of the answer that issued it.
 *
 * @example A producer that may write, and list no shards
 * ```ts
 * import { KinesisClient, Producer } from "@webstreams/kinesis";
 * import { json } from "@webstreams/kinesis/processors";
 * import { KinesisServer, withPolicy } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders");
 * const fetch = withPolicy(server.fetch, {
 *   Version: "2012-10-17",
 *   Statement: [{
 *     Effect: "Allow",
 *     Action: ["kinesis:PutRecords", "kinesis:PutRecord"],
 *     Resource: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
 *   }],
 * });
 * const client = new KinesisClient({
 *   region: "us-east-1",
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   fetch,
 * });
 * const producer = new Producer({ client, streamName: "orders", processor: json() });
 * await producer.put({ total: 1 }, { partitionKey: "k" });
 * await producer.close();
 *
 * assertEquals(fetch.denied.map(({ action }) => action), ["kinesis:ListShards"]);
 * assertEquals(fetch.unused, ["kinesis:PutRecord"]); // the policy has one action too many
 * ```
 *
 * @throws {TypeError} if the policy is not one, or has an element that is not supported
 */
export function withPolicy(
  fetch: Fetch,
  policy: PolicyDocument,
  options: WithPolicyOptions = {},
): PolicedFetch {
  const check = new OptionCheck("Cannot apply the policy");
  check.type("fetch", fetch ?? null, "function");
  check.object("policy", policy ?? null);
  check.object("options", options, ["accountId", "region"]);
  const rules = new Policy(policy);
  const reader = new CallReader(options);
  const denied: AuthorizedCall[] = [];
  const policed = async (
    input: Request | URL | string,
    init?: RequestInit,
  ): Promise<Response> => {
    const exchange = await Exchange.read(fetch, input, init);
    const call = reader.callOf(exchange);
    if (call && !rules.allows(call)) {
      denied.push(call);
      return refusal(exchange, call);
    }
    const response = await exchange.send();
    if (call) await reader.rememberIterator(exchange, call, response);
    return response;
  };
  const result = Object.assign(policed, { denied, unused: [] as string[] });
  Object.defineProperty(result, "unused", { get: () => rules.unused });
  return result;
}

function refusal(exchange: Exchange, { action, resource }: AuthorizedCall) {
  const message =
    `User: arn:aws:iam::123456789012:user/test is not authorized to perform: ${action} ` +
    `on resource: ${resource} because no identity-based policy allows the ${action} action`;
  const output = { __type: "AccessDeniedException", message };
  return exchange.answer(output, {
    status: 400,
    headers: { "x-amzn-requestid": crypto.randomUUID() },
  });
}
