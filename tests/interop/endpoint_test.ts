import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { KinesisClient } from "npm:@aws-sdk/client-kinesis@^3.1000.0";
import { type EndpointOptions, resolveEndpoint } from "../../_aws/endpoint.ts";
import { partitionOf } from "../../_aws/partitions.ts";

// The rule set of the SDK, which the package does not export.
const oracle = new KinesisClient({ region: "us-east-1" }).config
  .endpointProvider;

function resolveByOracle(options: EndpointOptions): string {
  const { url } = oracle({
    Region: options.region,
    UseFIPS: options.useFips ?? false,
    UseDualStack: options.useDualStack ?? false,
    Endpoint: options.endpoint?.toString(),
    OperationType: options.operationType,
    StreamARN: options.streamARN,
    ConsumerARN: options.consumerARN,
    ResourceARN: options.resourceARN,
    AccountId: options.accountId,
    // The default that the client of the SDK fills in before it evaluates the rules.
    AccountIdEndpointMode: options.accountIdEndpointMode ?? "preferred",
  });
  return url.href;
}

/** The endpoint, or "error": the messages of errors differ, so they are not compared. */
function outcome(resolve: () => string): string {
  try {
    return resolve();
  } catch {
    return "error";
  }
}

const regions = [
  "us-east-1",
  "eu-central-1",
  "ap-southeast-7",
  "mx-central-1",
  "cn-north-1",
  "cn-northwest-1",
  "us-gov-west-1",
  "us-gov-east-1",
  "us-iso-east-1",
  "us-isob-east-1",
  "eu-isoe-west-1",
  "us-isof-south-1",
  "eusc-de-east-1",
  "xx-unheard-9",
];
const account = "123456789012";

function targets(region: string): Partial<EndpointOptions>[] {
  const arn = (resource: string) =>
    `arn:${partitionOf(region).name}:kinesis:${region}:${account}:${resource}`;
  const stream = arn("stream/orders");
  const consumer = arn("stream/orders/consumer/app:1700000000");
  return [
    {},
    { streamARN: stream },
    { consumerARN: consumer },
    { resourceARN: stream },
    { resourceARN: consumer },
    { resourceARN: arn("channel/c-0123") },
    { streamARN: stream, consumerARN: "nonsense" },
    { accountId: account },
    { accountId: account, streamARN: stream },
    { accountId: "a.b" },
    { endpoint: "https://example.com:4567/base" },
    { endpoint: "http://127.0.0.1:4567", streamARN: stream },
    // Each error of the rule set.
    { streamARN: "nonsense" },
    { streamARN: "arn:aws:kinesis" },
    { streamARN: arn("") },
    { streamARN: arn("consumer/orders") },
    { streamARN: stream.replace(":kinesis:", ":firehose:") },
    { streamARN: stream.replace(account, "") },
    { streamARN: stream.replace(account, "a_b") },
    { streamARN: stream.replace(/^arn:[^:]+/, "arn:aws-other") },
    { consumerARN: arn("channel/c-0123") },
    { resourceARN: arn("channel/") },
    { resourceARN: arn("channel/c_0") },
    { resourceARN: arn("topic/t") },
  ];
}

const modes = ["preferred", "disabled", "required", undefined] as const;

Deno.test("resolveEndpoint agrees with the rule set of the AWS SDK for every combination", () => {
  const seen = new Set<string>();
  let count = 0;
  for (const region of regions) {
    for (const target of targets(region)) {
      for (const useFips of [false, true]) {
        for (const useDualStack of [false, true]) {
          for (const operationType of ["data", "control"] as const) {
            for (const accountIdEndpointMode of modes) {
              const options: EndpointOptions = {
                what: "Cannot PutRecords",
                region,
                useFips,
                useDualStack,
                operationType,
                accountIdEndpointMode,
                ...target,
              };
              const expected = outcome(() => resolveByOracle(options));
              assertEquals(
                outcome(() => resolveEndpoint(options).url.href),
                expected,
                JSON.stringify(options),
              );
              seen.add(expected);
              count++;
            }
          }
        }
      }
    }
  }
  assertEquals(count, 14 * 24 * 32);
  assertGreaterOrEqual(seen.size, 60);
});

Deno.test("resolveEndpoint is stricter than the rule set for regions that cannot be right", () => {
  const base = { what: "Cannot PutRecords", operationType: "data" } as const;
  for (
    const region of ["", "us east 1", "evil.example/", "-x", "x".repeat(64)]
  ) {
    assertThrows(() => resolveEndpoint({ ...base, region }), TypeError);
  }
  // The rule set would post this to us-east-1, which does not know the stream.
  assertThrows(
    () =>
      resolveEndpoint({
        ...base,
        region: "us-east-1",
        streamARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
      }),
    TypeError,
    "must be in region us-east-1",
  );
});
