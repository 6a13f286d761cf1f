import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisClient, type PreflightOptions } from "../../client/mod.ts";
import { ServiceError } from "../../errors.ts";
import { type Fetch, KinesisServer, withPolicy } from "../../testing/mod.ts";
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
const FAN_OUT = [
  "kinesis:ListShards",
  "kinesis:GetShardIterator",
  "kinesis:DescribeStreamConsumer",
  "kinesis:SubscribeToShard",
];

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

async function worldOf(actions: readonly string[]) {
  const server = new KinesisServer();
  server.createStream("orders", { shards: 2 });
  const admin = clientOf(server.fetch);
  await admin.registerStreamConsumer({
    StreamARN: ARN,
    ConsumerName: "billing",
  });
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
