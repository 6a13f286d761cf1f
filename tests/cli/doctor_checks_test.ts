import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Check, Exam, Finding, Found } from "../../cli/_doctor/check.ts";
import { clockCheck } from "../../cli/_doctor/clock.ts";
import { consumersCheck } from "../../cli/_doctor/consumers.ts";
import { examine } from "../../cli/_doctor/examine.ts";
import { credentialsCheck } from "../../cli/_doctor/credentials.ts";
import { regionCheck } from "../../cli/_doctor/endpoint.ts";
import { hotShardsCheck } from "../../cli/_doctor/hot_shards.ts";
import { lagCheck, retentionCheck } from "../../cli/_doctor/lag.ts";
import { shardLimitCheck } from "../../cli/_doctor/limits.ts";
import { diagnose, type Network } from "../../cli/_doctor/reach.ts";
import { shardsCheck } from "../../cli/_doctor/shards.ts";
import { distributionCheck, streamCheck } from "../../cli/_doctor/stream.ts";
import type { StreamDescriptionSummary } from "../../client/mod.ts";
import { ServiceError } from "../../errors.ts";
import { fixedCredentials } from "../../credentials/credentials.ts";
import type { Credentials } from "../../credentials/mod.ts";

const { signal } = new AbortController();

/** Runs a check that finds these facts. */
async function check(
  { run }: Check,
  found: Partial<Found>,
  exam: Record<string, unknown> = {},
): Promise<Finding> {
  return await run({
    connection: {},
    environment: {
      env: () => undefined,
      readTextFile: () => Promise.reject(new Error("no files")),
    },
    stream: "orders",
    needs: [],
    ...exam,
    found: { preflights: new Map(), ...found },
  } as unknown as Exam, signal);
}

const SUMMARY: StreamDescriptionSummary = {
  StreamName: "orders",
  StreamARN: "arn",
  StreamStatus: "ACTIVE",
  ...{ RetentionPeriodHours: 24, OpenShardCount: 1 },
};

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

Deno.test("doctor judges the clock by 60 seconds and 5 minutes", async () => {
  for (
    const [skewMs, status, message] of [
      [0, "ok", "No difference to the server"],
      [900, "ok", "900 ms behind the server"],
      [-60_000, "ok", "60 seconds ahead of the server"],
      [60_001, "warning", "60 seconds behind the server"],
      [-300_000, "warning", "5 minutes ahead of the server"],
      [300_001, "error", "5 minutes behind the server"],
    ] as const
  ) {
    const finding = await check(clockCheck, { skewMs });
    assertEquals([finding.status, finding.message], [status, message]);
  }
  assertEquals((await check(clockCheck, {})).status, "skipped");
});

Deno.test("doctor judges credentials by their end, and by whether they are renewed", async () => {
  const inMinutes = (minutes: number) =>
    new Date(Date.now() + minutes * 60_000);
  const keys = { accessKeyId: "AKIA", secretAccessKey: "secret" };
  const judge = async (credentials: Credentials) => {
    const finding = await check(credentialsCheck, {}, {
      findCredentials: () =>
        Promise.resolve({ source: "environment", credentials }),
    });
    assert(!JSON.stringify(finding).includes("secret"));
    return finding;
  };
  const of = async (fields: Partial<Credentials>) =>
    (await judge(fixedCredentials({ ...keys, ...fields }))).status;
  assertEquals(await of({}), "ok");
  assertEquals(await of({ expiration: inMinutes(20) }), "ok");
  assertEquals(await of({ expiration: inMinutes(14) }), "warning");
  assertEquals(await of({ expiration: inMinutes(-1) }), "error");
  const renewed = await judge({ ...keys, expiration: inMinutes(5) });
  assertEquals(renewed.status, "ok");
  assertMatch(renewed.message, /expires in 5 minutes and is renewed before$/);
  const ofAccount = await judge({ ...keys, accountId: "123456789012" });
  assertEquals(
    ofAccount.message,
    "Key AKIA of account 123456789012 from environment, does not expire",
  );
});

Deno.test("doctor warns of a region whose name cannot be one, and says where it comes from", async () => {
  const env = (name: string) => name === "AWS_REGION" ? "frankfurt" : undefined;
  const readTextFile = () => Promise.reject(new Error("no files"));
  const odd = await check(regionCheck, {}, {
    environment: { env, readTextFile },
  });
  assertEquals(odd.status, "warning");
  assertMatch(odd.message, /^frankfurt \(AWS_REGION\) does not look like/);
  for (const region of ["us-east-1", "us-gov-west-1", "us-isob-east-1"]) {
    const finding = await check(regionCheck, {}, { connection: { region } });
    assertEquals(finding.message, `${region} (--region)`);
    assertEquals(finding.status, "ok");
  }
  const none = await check(regionCheck, {});
  assertEquals([none.status, none.data], ["error", { code: "NoRegion" }]);
});

Deno.test("doctor judges a stream by its status", async () => {
  for (
    const [StreamStatus, status] of [
      ["ACTIVE", "ok"],
      ["UPDATING", "ok"],
      ["CREATING", "warning"],
      ["DELETING", "error"],
    ]
  ) {
    const describeStreamSummary = () =>
      Promise.resolve({
        StreamDescriptionSummary: { ...SUMMARY, StreamStatus },
      });
    const finding = await check(streamCheck, {}, {
      client: { describeStreamSummary },
    });
    assertEquals(finding.status, status, StreamStatus);
  }
});

Deno.test("doctor says what AUTO distribution means", async () => {
  const auto = await check(distributionCheck, {
    summary: { ...SUMMARY, RecordDistributionStrategy: "AUTO" },
  });
  assertMatch(auto.message, /^AUTO: Kinesis ignores partition keys/);
  const usual = await check(distributionCheck, { summary: SUMMARY });
  assertEquals(usual.message, "Partition keys choose the shards");
});

Deno.test("doctor judges shards that change, and shards that share the keys unevenly", async () => {
  const half = (2n ** 127n).toString();
  const most = (2n ** 128n - 1n).toString();
  const shard = (ShardId: string, from: string, to: string, end?: string) => ({
    ShardId,
    HashKeyRange: { StartingHashKey: from, EndingHashKey: to },
    SequenceNumberRange: {
      StartingSequenceNumber: "1",
      EndingSequenceNumber: end,
    },
  });
  const judge = (shards: unknown[], summary = {}) => {
    const found: Partial<Found> = { summary: { ...SUMMARY, ...summary } };
    const client = { listAllShards: () => listed(shards) };
    return check(shardsCheck, found, { client });
  };
  const [a, b] = [shard("a", "0", half), shard("b", half, most)];
  const even = await judge([a, b, shard("c", "0", most, "9")]);
  assertEquals([even.status, even.message], [
    "ok",
    "2 open shards, and 1 closed whose records are kept",
  ]);
  const changing = await judge([a, b], { StreamStatus: "UPDATING" });
  assertEquals(changing.status, "warning");
  assertMatch(changing.message, /a change of the stream is under way$/);
  const third = (2n ** 128n / 20n).toString();
  const uneven = [
    shard("a", "0", third),
    shard("b", third, third),
    shard("big", third, most),
  ];
  assertMatch((await judge(uneven)).message, /big has 95 % of the hash keys$/);
  const StreamModeDetails = { StreamMode: "ON_DEMAND" };
  assertEquals((await judge(uneven, { StreamModeDetails })).status, "ok");
});

Deno.test("doctor warns before no further consumer can be registered", async () => {
  const judge = (
    count: number,
    { queues = 0, isAdvantage = false, ConsumerStatus = "ACTIVE" } = {},
  ) => {
    const consumers = Array.from({ length: count }, (_, index) => ({
      ...{ ConsumerName: `app-${index}`, ConsumerARN: "arn", ConsumerStatus },
    }));
    const describeAccountSettings = () =>
      Promise.resolve({
        MinimumThroughputBillingCommitment: {
          Status: isAdvantage ? "ENABLED" : "DISABLED",
        },
      });
    return check(consumersCheck, {
      summary: {
        ...SUMMARY,
        QueueCount: queues,
        StreamModeDetails: { StreamMode: "ON_DEMAND" },
      },
    }, {
      client: {
        listAllStreamConsumers: () => listed(consumers),
        describeAccountSettings,
      },
    });
  };
  assertEquals((await judge(15)).status, "ok");
  assertMatch((await judge(14, { queues: 2 })).remedy!, /^Only 4 more/);
  assertMatch((await judge(20)).remedy!, /^No further consumer/);
  const advantage = await judge(20, { isAdvantage: true });
  assertEquals(
    [advantage.status, advantage.message],
    ["ok", "20 registered consumers and 0 queues of 50"],
  );
  const creating = await judge(1, { ConsumerStatus: "CREATING" });
  assertEquals(creating.status, "warning");
  assertMatch(creating.message, /app-0 is CREATING$/);
});

Deno.test("doctor judges quotas from 80 %", async () => {
  const judge = (OpenShardCount: number) =>
    check(shardLimitCheck, {
      limits: {
        ...{ OpenShardCount, ShardLimit: 100 },
        ...{ OnDemandStreamCount: 0, OnDemandStreamCountLimit: 10 },
      },
    });
  assertEquals((await judge(79)).status, "ok");
  assertMatch((await judge(80)).remedy!, /^Ask for a higher quota/);
  assertMatch((await judge(100)).remedy!, /^No more can be made/);
});

Deno.test("doctor tells a full shard from a hot one", async () => {
  const judge = (...rates: number[]) =>
    check(hotShardsCheck, {
      sample: {
        throttles: 0,
        loads: rates.map((rate, index) => ({
          shardId: `shard-${index}`,
          bytesPerSecond: rate * 1_048_576,
          recordsPerSecond: 0,
        })),
      },
    });
  assertEquals((await judge(0, 0)).message, "There was no traffic");
  assertEquals((await judge(0.7, 0.7)).status, "ok");
  assertMatch((await judge(0.9, 0.9)).remedy!, /^Add shards/);
  assertMatch((await judge(0, 0, 0, 0.9)).remedy!, /^Use partition keys/);
  // Far from the limit, the difference does not matter.
  assertEquals((await judge(0, 0, 0, 0.2)).status, "ok");
});

Deno.test("doctor judges the lag by 5 minutes, and against the retention period", async () => {
  const judge = async (beforeMs: number, nowMs: number) => {
    const found: Partial<Found> = {
      summary: SUMMARY,
      metrics: [{
        metric: "GetRecords.IteratorAgeMilliseconds",
        ...{ statistic: "Maximum", unit: "milliseconds" },
        points: [
          { time: new Date(0), value: beforeMs },
          { time: new Date(60_000), value: nowMs },
        ],
      }],
    };
    const lag = await check(lagCheck, found);
    const retention = await check(retentionCheck, { ...found, lagMs: nowMs });
    return [lag.status, retention.status, lag.message];
  };
  const hour = 3_600_000;
  assertEquals(await judge(0, 100), [
    ...["ok", "ok", "The slowest reader is not behind"],
  ]);
  assertEquals(await judge(0, 240_000), [
    ...["ok", "ok", "The slowest reader is 4 minutes behind"],
  ]);
  assertEquals(await judge(hour, 2 * hour), [
    ...["warning", "ok"],
    "The slowest reader is 2 hours behind and falls behind further",
  ]);
  assertEquals(await judge(20 * hour, 13 * hour), [
    ...["warning", "warning"],
    "The slowest reader is 13 hours behind and catches up",
  ]);
  assertEquals(await judge(20 * hour, 20 * hour), [
    ...["warning", "error"],
    "The slowest reader is 20 hours behind and stays there",
  ]);
  const unknown = await check(retentionCheck, { summary: SUMMARY });
  assertEquals(unknown.message, "Records are kept for 24 hours");
});

Deno.test("doctor tries the steps of a connection in their order", async () => {
  const fail = (reason: string) => Promise.reject(new Error(reason));
  const good: Network = {
    resolve: () => Promise.resolve("10.0.0.1"),
    connect: () => Promise.resolve(),
    handshake: () => Promise.resolve(),
  };
  const stepOf = async (network: Partial<Network>, proxy?: string) => {
    const url = new URL("https://kinesis.eu-wst-1.amazonaws.com/");
    return await diagnose(url, proxy, signal, { ...good, ...network });
  };
  const dns = await stepOf({ resolve: () => fail("ENOTFOUND") });
  assertEquals([dns.step, dns.message], [
    "dns",
    "the name kinesis.eu-wst-1.amazonaws.com is not found (ENOTFOUND)",
  ]);
  const connect = await stepOf({ connect: () => fail("ETIMEDOUT") });
  assertEquals(connect.message, "no connection to port 443 (ETIMEDOUT)");
  assertEquals((await stepOf({ handshake: () => fail("bad") })).step, "tls");
  assertEquals((await stepOf({})).step, "http");
  assertEquals((await stepOf({}, "http://proxy")).step, "proxy");
});

/** Runs checks, and returns the status and the message of each. */
async function examineAll(
  checks: readonly Check[],
  timeoutMs = 10_000,
): Promise<string[]> {
  const exam = { found: { preflights: new Map() } } as unknown as Exam;
  const results = [];
  for await (
    const { status, message } of examine(checks, exam, {
      timeoutMs,
      signal,
      onCheck: () => {},
    })
  ) results.push(`${status}: ${message}`);
  return results;
}

Deno.test("doctor ends a check that does not look at its signal", async () => {
  const stuck: Check = { id: "a", run: () => new Promise<never>(() => {}) };
  const next: Check = {
    id: "b",
    run: () => ({ status: "ok", message: "made" }),
  };
  assertEquals(await examineAll([stuck, next], 20), [
    "error: No result within 0.02 s",
    "ok: made",
  ]);
});

Deno.test("doctor skips a check whose action a server does not know or refuses for the rate, and fails at other errors", async () => {
  const failing = (code: string, status: number, throttled = false): Check => ({
    id: code,
    run: () =>
      Promise.reject(
        new ServiceError("It failed", {
          ...{ code, status, throttled, action: "DescribeLimits" },
        }),
      ),
  });
  const unknown = "skipped: The server does not know DescribeLimits";
  assertEquals(
    await examineAll([
      failing("UnknownOperationException", 400),
      failing("UnknownAction", 400),
      failing("InvalidAction", 400),
      failing("NotImplementedException", 501),
      failing("Http501", 501),
      failing("LimitExceededException", 400, true),
      failing("InternalFailure", 500),
    ]),
    [
      ...Array(5).fill(unknown),
      "skipped: The server refused DescribeLimits for the rate of requests",
      "error: It failed",
    ],
  );
});
