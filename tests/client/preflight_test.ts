import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { systemClock } from "../../_core/clock.ts";
import {
  KinesisClient,
  type PermissionCheck,
  type PreflightOptions,
} from "../../client/mod.ts";
import { ServiceError } from "../../errors.ts";
import {
  type Fetch,
  KinesisServer,
  withFaults,
  withPolicy,
} from "../../testing/mod.ts";
import { startKinesalite } from "../_services/kinesalite.ts";

const ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
const PRODUCER = [
  "kinesis:PutRecords",
  "kinesis:ListShards",
  "kinesis:DescribeStreamSummary",
];
const CONSUMER = [
  "kinesis:ListShards",
  "kinesis:GetShardIterator",
  "kinesis:GetRecords",
];
const SHARDS = ["kinesis:ListShards", "kinesis:GetShardIterator"];
const FAN_OUT = [
  ...SHARDS,
  "kinesis:DescribeStreamConsumer",
  "kinesis:RegisterStreamConsumer",
  "kinesis:SubscribeToShard",
];
const FAN_OUT_BY_NAMES = [
  ...SHARDS,
  "kinesis:DescribeStreamSummary",
  ...FAN_OUT.slice(2),
];
const FAN_OUT_BY_ARN = [
  ...SHARDS,
  "kinesis:DescribeStreamConsumer",
  "kinesis:SubscribeToShard",
];
/** When the consumer "billing" is registered. It is part of its ARN. */
const NOW = Date.UTC(2026, 10, 1);
const BILLING = `${ARN}/consumer/billing:${NOW / 1000}`;

function clientOf(
  fetch: Fetch,
  protocol: "json" | "cbor" = "json",
): KinesisClient {
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  return new KinesisClient({
    region: "us-east-1",
    credentials,
    fetch,
    protocol,
  });
}

async function worldOf(actions: readonly string[], isRegistered = true) {
  const server = new KinesisServer({
    clock: { ...systemClock, now: () => NOW },
  });
  server.createStream("orders", { shards: 2 });
  const admin = clientOf(server.fetch);
  if (isRegistered) {
    const billing = { StreamARN: ARN, ConsumerName: "billing" };
    const { Consumer } = await admin.registerStreamConsumer(billing);
    assertEquals(Consumer.ConsumerARN, BILLING);
  }
  const fetch = withPolicy(server.fetch, {
    Statement: {
      Effect: "Allow",
      Action: ["kinesis:None", ...actions],
      Resource: "*",
    },
  });
  return { server, fetch };
}

const CASES: [name: string, options: PreflightOptions, needed: string[]][] = [
  ["a producer", { stream: "orders", as: "producer" }, PRODUCER],
  ["a producer by ARN", { stream: ARN, as: "producer" }, PRODUCER],
  ["a consumer", { stream: "orders", as: "consumer" }, CONSUMER],
  ["a consumer with fan-out", {
    stream: ARN,
    as: "consumer",
    fanOut: "billing",
  }, FAN_OUT],
  ["a consumer with fan-out by names", {
    stream: "orders",
    as: "consumer",
    fanOut: "billing",
  }, FAN_OUT_BY_NAMES],
  ["a consumer with fan-out by an ARN", {
    stream: "orders",
    as: "consumer",
    fanOut: BILLING,
  }, FAN_OUT_BY_ARN],
];

for (const [name, options, needed] of CASES) {
  for (const protocol of ["json", "cbor"] as const) {
    Deno.test(`KinesisClient.preflight finds each permission that ${name} lacks, ${protocol}`, async () => {
      const all = await worldOf(needed);
      const report = await clientOf(all.fetch, protocol).preflight(options);
      assertEquals(
        report.checks.map(({ permission, status }) => [permission, status]),
        needed.map((permission) => [permission, "allowed"]),
      );
      assert(report.ok);
      assertEquals(report.missing, []);
      for (const lacking of needed) {
        const { fetch } = await worldOf(
          needed.filter((action) => action !== lacking),
        );
        const report = await clientOf(fetch, protocol).preflight(options);
        assertEquals(report.missing, [lacking]);
        const check = report.checks.find(({ permission }) =>
          permission === lacking
        );
        assertEquals(check?.status, "denied");
        assert(check?.error instanceof ServiceError);
        assertEquals(report.ok, !check?.required);
      }
    });
  }
}

Deno.test("KinesisClient.preflight writes nothing and opens no subscription", async () => {
  const { server, fetch } = await worldOf(["kinesis:*"]);
  const client = clientOf(fetch);
  for (const [, options] of CASES) await client.preflight(options);
  assertEquals(server.records("orders"), []);
});

Deno.test("KinesisClient.preflight tells what another permission hides", async () => {
  const { fetch } = await worldOf(["kinesis:ListShards", "kinesis:GetRecords"]);
  const report = await clientOf(fetch).preflight({
    stream: "orders",
    as: "consumer",
  });
  // Without GetShardIterator there is no iterator to try GetRecords with.
  assertEquals(report.checks.map(({ status }) => status), [
    "allowed",
    "denied",
    "unknown",
  ]);
  assertEquals(report.missing, ["kinesis:GetShardIterator"]);
});

Deno.test("KinesisClient.preflight tells of a consumer that is not registered yet, and does not register it", async () => {
  const { server, fetch } = await worldOf(FAN_OUT_BY_NAMES, false);
  const options = {
    stream: "orders",
    as: "consumer",
    fanOut: "billing",
  } as const;
  const report = await clientOf(fetch).preflight(options);
  assertEquals(report.ok, false);
  assertEquals(report.missing, []);
  assertEquals(report.unknown, [
    "kinesis:RegisterStreamConsumer",
    "kinesis:SubscribeToShard",
  ]);
  const { error } = report.checks.at(-1)!;
  assertStringIncludes(error!.message, '"billing" is not registered yet');
  const { Consumers } = await clientOf(server.fetch)
    .listStreamConsumers({ StreamARN: ARN });
  assertEquals(Consumers, []);
});

Deno.test("KinesisClient.preflight names the permission for the key if the key of the stream is refused", async () => {
  const { fetch } = await worldOf(["kinesis:*"]);
  const refused = (action: string) =>
    withFaults(fetch, {
      rules: [{
        action,
        fault: { type: "error", code: "KMSAccessDeniedException", status: 400 },
      }],
    });
  for (
    const [as, action, permission] of [
      ["producer", "PutRecords", "kms:GenerateDataKey"],
      ["consumer", "GetRecords", "kms:Decrypt"],
    ] as const
  ) {
    const report = await clientOf(refused(action))
      .preflight({ stream: "orders", as });
    assertEquals([report.ok, report.missing], [false, [permission]]);
    const own = report.checks.find((it) =>
      it.permission === `kinesis:${action}`
    );
    assertEquals(own?.status, "allowed");
  }
});

Deno.test("KinesisClient.preflight of a producer without ListShards says so if the first shard has expired", async () => {
  const { fetch } = await worldOf([
    "kinesis:PutRecords",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetShardIterator",
  ]);
  const expired = withFaults(fetch, {
    rules: [{
      action: "GetShardIterator",
      fault: { type: "error", code: "ResourceNotFoundException", status: 400 },
    }],
  });
  const report = await clientOf(expired)
    .preflight({ stream: "orders", as: "producer" });
  assertEquals(report.ok, false);
  assertEquals(report.missing, ["kinesis:ListShards"]);
  assertEquals(report.unknown, ["kinesis:PutRecords"]);
  const [{ error }] = report.checks as [PermissionCheck];
  assertStringIncludes(error!.message, "kinesis:ListShards is denied");
});

Deno.test("KinesisClient.preflight does not know about PutRecords at a server without DryRun, and stores nothing there", async () => {
  await using kinesalite = await startKinesalite();
  const client = new KinesisClient({
    endpoint: kinesalite.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  });
  await client.createStream({ StreamName: "orders", ShardCount: 1 });
  await client.waitUntilActive({ StreamName: "orders" });
  const report = await client.preflight({ stream: "orders", as: "producer" });
  assertEquals(report.ok, false);
  const [put] = report.checks;
  assertEquals(put?.status, "unknown");
  assertEquals((put?.error as ServiceError).code, "DryRunUnsupported");
  const { ShardIterator } = await client.getShardIterator({
    StreamName: "orders",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  });
  assertEquals((await client.getRecords({ ShardIterator })).Records, []);
});

Deno.test("KinesisClient.preflight rejects if the stream does not exist, or an option is wrong", async () => {
  const { fetch } = await worldOf(["kinesis:*"]);
  const client = clientOf(fetch);
  await assertRejects(
    () => client.preflight({ stream: "missing", as: "producer" }),
    ServiceError,
    "missing",
  );
  const cases: [object, string][] = [
    [
      { as: "producer" },
      "'stream' must be the name or the ARN of a stream",
    ],
    [{ stream: "orders" }, '\'as\' must be "producer" or "consumer"'],
    [
      { stream: "orders", as: "reader" },
      '\'as\' must be "producer" or "consumer"',
    ],
    [
      { stream: "orders", as: "producer", fanOut: "x" },
      "'fanOut' is only for a consumer",
    ],
    [{ stream: "orders", as: "producer", for: "x" }, "it has 'for'"],
  ];
  for (const [options, message] of cases) {
    await assertRejects(
      () => client.preflight(options as PreflightOptions),
      TypeError,
      message,
    );
  }
});
