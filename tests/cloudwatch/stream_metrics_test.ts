import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { streamMetrics } from "../../cloudwatch/mod.ts";
import { KinesisError, ResponseError, ServiceError } from "../../errors.ts";
import { KinesisServer } from "../../testing/mod.ts";

const NOW = Date.UTC(2026, 9, 25, 12, 30, 15);

interface Query {
  readonly Id: string;
  readonly AccountId?: string;
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { Name: string; Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

interface Request {
  readonly StartTime: number;
  readonly EndTime: number;
  readonly MetricDataQueries: readonly Query[];
  readonly NextToken?: string;
}

/** CloudWatch in front of a Kinesis server. */
class World {
  readonly server = new KinesisServer({ clock: fixed, limits: false });
  readonly requests: Request[] = [];
  readonly urls: string[] = [];
  answer: (request: Request) => Response = (request) =>
    Response.json({
      MetricDataResults: request.MetricDataQueries.map(({ Id }) => ({
        Id,
        Timestamps: [],
        Values: [],
        StatusCode: "Complete",
      })),
    });

  client(options: { region?: string; endpoint?: string } = {}): KinesisClient {
    return new KinesisClient({
      region: "eu-west-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      clock: fixed,
      retry: { maxAttempts: 1 },
      ...options,
      fetch: async (input, init) => {
        const request = new Request_(input, init);
        const target = request.headers.get("x-amz-target");
        if (target?.startsWith("Kinesis")) {
          return await this.server.fetch(request);
        }
        assertEquals(target, "GraniteServiceVersion20100801.GetMetricData");
        this.urls.push(request.url);
        assert(
          request.headers.get("authorization")?.includes(
            "/monitoring/aws4_request",
          ),
        );
        const body = await request.json();
        this.requests.push(body);
        return this.answer(body);
      },
    });
  }
}

const Request_ = globalThis.Request;
const fixed = {
  now: () => NOW,
  monotonicNow: () => NOW,
  setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
  clearTimeout: (id: unknown) => clearTimeout(id as number),
};

Deno.test("streamMetrics reads the usual metrics of the last hour, each with its usual statistic", async () => {
  const world = new World();
  world.answer = ({ MetricDataQueries }) =>
    Response.json({
      MetricDataResults: MetricDataQueries.map(({ Id }, index) => ({
        Id,
        Label: "any",
        // CloudWatch may return the newest point first.
        Timestamps: [NOW / 1000 - 60, NOW / 1000 - 120],
        Values: [index, index + 0.5],
        StatusCode: "Complete",
      })),
    });
  const all = await streamMetrics(world.client(), "orders");
  assertEquals(
    all.map(({ metric, statistic, unit }) => [metric, statistic, unit]),
    [
      ["IncomingRecords", "Sum", "records"],
      ["IncomingBytes", "Sum", "bytes"],
      ["WriteProvisionedThroughputExceeded", "Sum", "records"],
      ["ReadProvisionedThroughputExceeded", "Sum", "records"],
      ["GetRecords.IteratorAgeMilliseconds", "Maximum", "milliseconds"],
      ["GetRecords.Success", "Average", "ratio"],
    ],
  );
  assertEquals(all[1]?.points, [
    { time: new Date(NOW - 120_000), value: 1.5 },
    { time: new Date(NOW - 60_000), value: 1 },
  ]);
  const [{ StartTime, EndTime, MetricDataQueries }] = world.requests as [
    Request,
  ];
  assertEquals(StartTime, Date.UTC(2026, 9, 25, 11, 30) / 1000);
  assertEquals(EndTime, NOW / 1000);
  assertEquals(MetricDataQueries[4]?.MetricStat, {
    Metric: {
      Namespace: "AWS/Kinesis",
      MetricName: "GetRecords.IteratorAgeMilliseconds",
      Dimensions: [{ Name: "StreamName", Value: "orders" }],
    },
    Period: 60,
    Stat: "Maximum",
  });
  assertEquals(world.urls, ["https://monitoring.eu-west-1.amazonaws.com/"]);
});

Deno.test("streamMetrics reads the region of an ARN, and never the endpoint of Kinesis", async () => {
  const world = new World();
  const client = world.client({ endpoint: "https://kinesis.example.com" });
  const arn = "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/orders";
  await streamMetrics(client, arn, { metrics: ["IncomingBytes"] });
  assertEquals(world.urls, ["https://monitoring.cn-north-1.amazonaws.com.cn/"]);
  const [query] = world.requests[0]!.MetricDataQueries;
  assertEquals(query!.MetricStat.Metric.Dimensions, [
    { Name: "StreamName", Value: "orders" },
  ]);
  // Without it, CloudWatch answers with the stream of that name in the account of the credentials.
  assertEquals(query!.AccountId, "123456789012");
  await streamMetrics(client, "orders", { metrics: ["IncomingBytes"] });
  assert(!("AccountId" in world.requests[1]!.MetricDataQueries[0]!));
});

Deno.test("streamMetrics follows pages, whose points of one series are joined", async () => {
  const world = new World();
  world.answer = ({ NextToken }) =>
    Response.json({
      MetricDataResults: [{
        Id: "m0",
        Timestamps: [NOW / 1000 - (NextToken ? 60 : 120)],
        Values: [1],
        StatusCode: NextToken ? "Complete" : "PartialData",
      }],
      ...(NextToken ? {} : { NextToken: "more" }),
    });
  const [series] = await streamMetrics(world.client(), "orders", {
    metrics: ["IncomingRecords"],
  });
  assertEquals(series?.points.length, 2);
  assertEquals(world.requests.map(({ NextToken }) => NextToken), [
    undefined,
    "more",
  ]);
});

Deno.test("streamMetrics rejects an answer that cannot be used, also a token that comes again for ever", async () => {
  for (
    const answer of [
      { MetricDataResults: [], NextToken: "again" },
      { MetricDataResults: [{ Id: "m7", Timestamps: [], Values: [] }] },
      { MetricDataResults: [{ Id: "m0", Timestamps: [1], Values: [] }] },
      { MetricDataResults: [{ Id: "m0", Timestamps: [1], Values: ["7"] }] },
      { MetricDataResults: [{ Id: "m", Timestamps: [1], Values: [7] }] },
      { MetricDataResults: [null] },
      { MetricDataResults: "none" },
    ]
  ) {
    const world = new World();
    world.answer = () => Response.json(answer);
    await assertRejects(
      () =>
        streamMetrics(world.client(), "orders", {
          metrics: ["IncomingRecords"],
        }),
      ResponseError,
    );
    assert(world.requests.length <= 2);
  }
});

Deno.test("streamMetrics ends when tokens take turns", async () => {
  const world = new World();
  world.answer = ({ NextToken }) =>
    Response.json({
      MetricDataResults: [],
      NextToken: NextToken === "a" ? "b" : "a",
    });
  await assertRejects(
    () => streamMetrics(world.client(), "orders"),
    ResponseError,
    "same token",
  );
  assertEquals(world.requests.length, 3);
});

Deno.test("streamMetrics rejects a series that is missing or not complete, since no points would look like no records", async () => {
  const series = { Id: "m0", Timestamps: [1], Values: [7] };
  const denied = { Code: "Forbidden", Value: "not linked" };
  const cases: [object, boolean, string][] = [
    [{ MetricDataResults: [] }, true, "IncomingBytes is missing"],
    [{}, true, "IncomingBytes is missing"],
    [
      { MetricDataResults: [{ ...series, StatusCode: "InternalError" }] },
      true,
      "IncomingBytes is InternalError",
    ],
    [
      { MetricDataResults: [{ ...series, StatusCode: "PartialData" }] },
      true,
      "IncomingBytes is PartialData",
    ],
    [
      {
        MetricDataResults: [{
          ...series,
          StatusCode: "Forbidden",
          Messages: [denied],
        }],
      },
      false,
      "IncomingBytes is Forbidden (Forbidden: not linked)",
    ],
  ];
  for (const [answer, retryable, text] of cases) {
    const world = new World();
    world.answer = () => Response.json(answer);
    const error = await assertRejects(
      () =>
        streamMetrics(world.client(), "orders", { metrics: ["IncomingBytes"] }),
      KinesisError,
      text,
    );
    assertEquals([error.code, error.retryable], [
      "MetricsIncomplete",
      retryable,
    ]);
  }
});

Deno.test("streamMetrics reads each shard by its own names, 500 series in a request", async () => {
  const world = new World();
  const client = world.client();
  await client.createStream({ StreamName: "orders", ShardCount: 300 });
  await client.enableEnhancedMonitoring({
    StreamName: "orders",
    ShardLevelMetrics: ["IncomingBytes", "IteratorAgeMilliseconds"],
  });
  const all = await streamMetrics(client, "orders", {
    perShard: true,
    metrics: ["IncomingBytes", "GetRecords.IteratorAgeMilliseconds"],
  });
  assertEquals(all.length, 600);
  assertEquals(new Set(all.map(({ shardId }) => shardId)).size, 300);
  assertEquals(
    world.requests.map(({ MetricDataQueries }) => MetricDataQueries.length),
    [500, 100],
  );
  const { Metric } = world.requests[0]!.MetricDataQueries[1]!.MetricStat;
  assertEquals(Metric.MetricName, "IteratorAgeMilliseconds");
  assertEquals(Metric.Dimensions.map(({ Name }) => Name), [
    "StreamName",
    "ShardId",
  ]);
});

Deno.test("streamMetrics says which metrics of shards are not enabled, and asks CloudWatch nothing", async () => {
  const world = new World();
  const client = world.client();
  await client.createStream({ StreamName: "orders", ShardCount: 1 });
  const error = await assertRejects(
    () =>
      streamMetrics(client, "orders", {
        perShard: true,
        metrics: ["IncomingBytes", "GetRecords.Records"],
      }),
    KinesisError,
    "IncomingBytes, OutgoingRecords",
  );
  assertEquals(error.code, "MetricsNotEnabled");
  assertEquals(world.requests, []);
});

Deno.test("streamMetrics explains a refusal", async () => {
  const world = new World();
  world.answer = () =>
    Response.json({ __type: "AccessDeniedException", message: "no" }, {
      status: 400,
    });
  await assertRejects(
    () => streamMetrics(world.client(), "orders"),
    ServiceError,
    "Allow cloudwatch:GetMetricData",
  );
});

Deno.test("streamMetrics refuses wrong options before it sends anything", async () => {
  const world = new World();
  const client = world.client();
  const cases: [string, object, string][] = [
    ["orders", { periode: 60 }, "'periode'"],
    ["", {}, "'stream' must be the name or the ARN of a stream"],
    [
      "arn:aws:sqs:eu-west-1:1:queue",
      {},
      "'streamARN' must be the ARN of a stream",
    ],
    ["orders", { period: 90 }, "'period' must be a multiple of 60"],
    ["orders", { period: 0 }, "'period' must be an integer from 60 to 86400"],
    ["orders", { metrics: [] }, "'metrics' must be a list of names"],
    ["orders", { metrics: ["Incoming"] }, "'metrics[0]' must be "],
    [
      "orders",
      { metrics: ["GetRecords.Success"], perShard: true },
      "'metrics[0]' must be ",
    ],
    ["orders", { perShard: [] }, "'perShard' must be true, false or a list"],
    ["orders", { from: new Date(NaN) }, "'from' must be a valid Date"],
    ["orders", { from: new Date(NOW + 120_000) }, "'from' must be before 'to'"],
    ["orders", { statistic: "p99" }, "'statistic' must be"],
  ];
  for (const [stream, options, message] of cases) {
    await assertRejects(
      () => streamMetrics(client, stream, options),
      Error,
      message,
    );
  }
  assertEquals(world.requests, []);
});
