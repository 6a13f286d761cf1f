import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFaults, withPolicy } from "../../testing/mod.ts";
import type { FaultRule, PolicyStatement } from "../../testing/mod.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";
import { FakeTerminalKinesis, type Surroundings } from "./_fake_terminal.ts";

interface Line {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly remedy?: string;
  readonly cause?: string;
  readonly data?: Record<string, unknown>;
}

/** Runs the doctor, and returns its results by their ids. */
async function examine(
  kinesis: FakeTerminalKinesis,
  args: string[],
  around: Surroundings = {},
): Promise<{ code: number; notes: string; of: Record<string, Line> }> {
  // DescribeLimits is answered once a second.
  kinesis.server.advance(1_000);
  const ended = await kinesis.run(["--json", "doctor", ...args], around);
  const lines = ended.lines.map((line): Line => JSON.parse(line));
  return {
    code: ended.code,
    notes: ended.notes,
    of: Object.fromEntries(lines.map((line) => [line.id, line])),
  };
}

function statusesOf(of: Record<string, Line>): Record<string, string[]> {
  const statuses: Record<string, string[]> = {};
  for (const { id, status } of Object.values(of)) {
    (statuses[status] ??= []).push(id);
  }
  return statuses;
}

const denying = (...actions: string[]): PolicyStatement[] => [
  { Effect: "Allow", Action: ["kinesis:*", "cloudwatch:*"], Resource: "*" },
  { Effect: "Deny", Action: actions, Resource: "*" },
];

function policed(...denied: string[]): FakeTerminalKinesis {
  return new FakeTerminalKinesis(
    {},
    (fetch) => withPolicy(fetch as never, { Statement: denying(...denied) }),
  );
}

function faulty(...rules: FaultRule[]): FakeTerminalKinesis {
  return new FakeTerminalKinesis(
    {},
    (fetch) => withFaults(fetch as never, { rules }),
  );
}

/** Sends a request that no policy and no fault meets. */
async function call(
  { server }: FakeTerminalKinesis,
  action: string,
  body: object,
): Promise<void> {
  const answer = await server.fetch("http://kinesis.test/", {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Kinesis_20131202.${action}`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  assert(answer.ok, text);
}

Deno.test("doctor finds nothing wrong with a good stream, and its checks are those of the documentation", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 2 });
  const { code, notes, of } = await examine(kinesis, [
    ...["orders", "--sample=100ms"],
  ]);
  assertEquals(code, 0, notes);
  assertEquals(statusesOf(of).error, undefined);
  assertEquals(statusesOf(of).warning, undefined);
  assertMatch(notes, /^19 ok, 0 warnings, 0 errors, 5 skipped$/);
  const page = new URL("../../docs/cli.md", import.meta.url);
  const section = (await Deno.readTextFile(page)).split("\n## doctor\n")[1]!;
  const documented = [...section.matchAll(/^\| `([\w.-]+)` +\|/gm)]
    .map(([, id]) => id);
  assertEquals(
    documented.filter((id) => !id!.startsWith("--")),
    Object.keys(of),
  );
});

Deno.test("doctor without a stream checks the connection and the account", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { code, of } = await examine(kinesis, []);
  assertEquals(code, 0);
  assertEquals(statusesOf(of), {
    ok: [
      ...["credentials", "region", "endpoint", "clock", "signature"],
      ...["permissions.admin", "limits.shards", "limits.on-demand"],
    ],
  });
});

Deno.test("doctor names denied permissions with their ARN, and fails only if they are needed", async () => {
  await using kinesis = policed("kinesis:PutRecords");
  const { streamARN } = kinesis.server.createStream("orders");
  const unsaid = await examine(kinesis, ["orders"]);
  assertEquals(unsaid.code, 0);
  assertEquals(unsaid.of["permissions.write"]!.status, "warning");
  assertEquals(
    unsaid.of["permissions.write"]!.remedy,
    `Allow kinesis:PutRecords on ${streamARN}`,
  );
  const reader = await examine(kinesis, ["orders", "--for=read"]);
  assertEquals(reader.code, 0);
  assertEquals(reader.of["permissions.read"]!.status, "ok");
  assertEquals(reader.of["permissions.write"]!.status, "skipped");
  const writer = await examine(kinesis, ["orders", "--for=read,write"]);
  assertEquals(writer.code, 1);
  assertEquals(statusesOf(writer.of).error, ["permissions.write"]);
});

Deno.test("doctor fails if a stream can neither be read nor written", async () => {
  await using kinesis = policed("kinesis:PutRecords", "kinesis:ListShards");
  kinesis.server.createStream("orders");
  const { code, of } = await examine(kinesis, ["orders"]);
  assertEquals(code, 1);
  assertEquals(statusesOf(of).error, ["permissions.write"]);
  assertEquals(of["permissions.read"]!.status, "warning");
  // A denied action of another check does not hide the others.
  assertEquals(of["stream.shards"]!.status, "skipped");
  assertMatch(of["stream.shards"]!.remedy!, /^Allow kinesis:ListShards on arn/);
  assertEquals(of["limits.shards"]!.status, "ok");
});

Deno.test("doctor goes on if the stream may not be described", async () => {
  await using kinesis = policed(
    ...["kinesis:DescribeStreamSummary", "kinesis:DescribeLimits"],
  );
  kinesis.server.createStream("orders");
  const { code, of } = await examine(kinesis, ["orders"]);
  assertEquals(code, 0);
  assertEquals(of["stream"]!.status, "warning");
  assertEquals(
    of["stream"]!.remedy,
    "Allow kinesis:DescribeStreamSummary on arn:aws:kinesis:us-east-1:*:stream/orders",
  );
  assertEquals(of["permissions.read"]!.status, "ok");
  assertEquals(of["retention"]!.status, "skipped");
  assertEquals(
    of["limits.shards"]!.remedy,
    "Allow kinesis:DescribeLimits on *",
  );
  assertEquals(of["permissions.admin"]!.status, "skipped");
});

Deno.test("doctor checks fan-out with a registered consumer", async () => {
  await using kinesis = policed("kinesis:SubscribeToShard");
  const { streamARN } = kinesis.server.createStream("orders");
  const none = await examine(kinesis, ["orders"]);
  assertEquals(none.of["permissions.fan-out"]!.status, "skipped");
  await call(kinesis, "RegisterStreamConsumer", {
    ...{ StreamARN: streamARN, ConsumerName: "app" },
  });
  const { code, of } = await examine(kinesis, ["orders"]);
  assertEquals(code, 0);
  assertEquals(of["permissions.fan-out"]!.status, "warning");
  assertEquals(
    of["permissions.fan-out"]!.remedy,
    `Allow kinesis:SubscribeToShard on ${streamARN} and ${streamARN}/consumer/*`,
  );
});

Deno.test("doctor tells a wrong secret key from everything behind it", async () => {
  const credentials = { accessKeyId: "id", secretAccessKey: "another" };
  await using kinesis = new FakeTerminalKinesis({ credentials });
  kinesis.server.createStream("orders");
  const { code, notes, of } = await examine(kinesis, ["orders"]);
  assertEquals(code, 1);
  assertMatch(notes, /^error: 4 ok, 0 warnings, 1 error, 18 skipped$/);
  assertEquals(statusesOf(of).error, ["signature"]);
  assertEquals(of["signature"]!.data, { code: "InvalidSignatureException" });
  assertMatch(of["signature"]!.remedy!, /secret access key/);
  assertEquals(of["lag"]!.cause, "signature");
  const { lines } = await kinesis.run(["doctor", "orders"]);
  assertMatch(lines[4]!, /^error +signature .*\n +→ Check the secret/);
  assertMatch(
    lines[5]!,
    /^skipped +18 checks +Not made because of signature: stream, /,
  );
  assertEquals(lines.length, 6);
});

Deno.test("doctor says who the credentials belong to if a refusal tells it", async () => {
  await using kinesis = faulty({
    action: "ListStreams",
    fault: {
      type: "error",
      status: 400,
      code: "AccessDeniedException",
      message:
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kinesis:ListStreams",
    },
  });
  const { of } = await examine(kinesis, []);
  assertEquals(
    of["signature"]!.message,
    "Accepted, of arn:aws:iam::123456789012:user/ann",
  );
  assertMatch(of["permissions.admin"]!.remedy!, /kinesis:ListStreams on \*/);
});

Deno.test("doctor suggests the stream that a misspelled name means", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  kinesis.server.createStream("invoices");
  const { code, of } = await examine(kinesis, ["oders"]);
  assertEquals(code, 1);
  assertEquals(of["stream"]!.message, "There is no stream oders in us-east-1");
  assertMatch(of["stream"]!.remedy!, /^Is it orders\?/);
  assertEquals(of["limits.shards"]!.status, "ok");
});

Deno.test("doctor names the step at which a connection fails", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const closed = await examine(kinesis, [
    `--endpoint=http://127.0.0.1:${port}`,
  ]);
  assertEquals(closed.code, 1);
  assertEquals(statusesOf(closed.of).error, ["endpoint"]);
  assertEquals(closed.of["endpoint"]!.data!["step"], "connect");
  assertEquals(closed.of["clock"]!.cause, "endpoint");
  const plain = kinesis.endpoint.replace("http:", "https:");
  const encrypted = await examine(kinesis, [`--endpoint=${plain}`]);
  assertEquals(encrypted.of["endpoint"]!.data!["step"], "tls");
});

Deno.test("doctor refuses a region that is not that of the ARN", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
  const { code, of } = await examine(kinesis, [arn]);
  assertEquals(code, 1);
  assertEquals(of["region"]!.remedy, "Give --region eu-west-1");
});

for (
  const [minutes, status] of [[0, "ok"], [2, "warning"], [
    -10,
    "error",
  ]] as const
) {
  Deno.test(`doctor finds that the clock of the server differs by ${minutes} minutes: ${status}`, async () => {
    const clock = {
      now: () => Date.now() + minutes * 60_000,
      setTimeout: (callback: () => void, ms: number) =>
        setTimeout(callback, ms),
      clearTimeout: (handle: unknown) => clearTimeout(handle as number),
    };
    const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
    await using kinesis = new FakeTerminalKinesis({ clock, credentials });
    const { of } = await examine(kinesis, []);
    assertEquals(of["clock"]!.status, status);
    if (minutes === 0) return;
    assertMatch(
      of["clock"]!.message,
      minutes > 0 ? /behind the server$/ : /ahead of the server$/,
    );
    // The client corrects the difference.
    assertEquals(of["signature"]!.status, "ok");
    assertMatch(of["clock"]!.remedy!, /This library corrects/);
  });
}

/** A server that answers one action only when it is closed. */
class HangingKinesis extends FakeTerminalKinesis {
  readonly #closed: PromiseWithResolvers<void>;
  readonly #hanging: Set<string>;

  constructor() {
    const closed = Promise.withResolvers<void>();
    const hanging = new Set<string>();
    super({}, (fetch) => async (request) => {
      const target = request.headers.get("x-amz-target") ?? "";
      if (!hanging.has(target.split(".").at(-1)!)) return await fetch(request);
      await closed.promise;
      return new Response(null, { status: 503 });
    });
    this.#closed = closed;
    this.#hanging = hanging;
  }

  hang(action: string): void {
    this.#hanging.add(action);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.resolve();
    await super[Symbol.asyncDispose]();
  }
}

Deno.test("doctor ends a check that takes too long, and goes on with the others", async () => {
  await using kinesis = new HangingKinesis();
  kinesis.server.createStream("orders");
  kinesis.hang("ListStreamConsumers");
  const { code, of } = await examine(kinesis, ["orders", "--timeout=300ms"]);
  assertEquals(code, 1);
  assertEquals(of["stream.consumers"]!.message, "No result within 0.3 s");
  assertEquals(statusesOf(of).error, ["stream.consumers", "permissions.admin"]);
  assertEquals(of["retention"]!.status, "ok");
});

Deno.test("doctor ends with 130 at Ctrl-C in the middle of a check", async () => {
  await using kinesis = new HangingKinesis();
  kinesis.server.createStream("orders");
  const interrupt = new AbortController();
  kinesis.hang("ListShards");
  kinesis.onRequest = (action) => {
    if (action !== "ListShards") return;
    interrupt.abort(new DOMException("Interrupted", "AbortError"));
  };
  const { code, of } = await examine(kinesis, ["orders"], {
    signal: interrupt.signal,
  });
  assertEquals(code, 130);
  assertEquals(Object.keys(of).at(-1), "stream");
});

Deno.test("doctor finds a hot shard and throttled readers by a sample", async () => {
  await using kinesis = faulty({
    action: "GetRecords",
    shardId: "shardId-000000000003",
    fault: { type: "throttle" },
  });
  kinesis.server.createStream("orders", { shards: 4 });
  let isSampling = false;
  let written: Promise<void> | undefined;
  // All iterators exist before the first read.
  kinesis.onRequest = (action) =>
    isSampling && action === "GetRecords"
      ? written ??= call(kinesis, "PutRecords", {
        StreamName: "orders",
        Records: Array.from({ length: 500 }, () => ({
          ...{ PartitionKey: "k", ExplicitHashKey: "0", Data: btoa("value") },
        })),
      })
      : undefined;
  const { code, of } = await examine(kinesis, ["orders", "--sample=400ms"], {
    onProgress: (text) => isSampling ||= text === "Checking sample",
  });
  assertEquals(code, 0);
  assertMatch(of["sample"]!.message, /^4 shards in 0.4 s: /);
  assertEquals(of["hot-shards"]!.status, "warning");
  assertMatch(of["hot-shards"]!.message, /^shardId-000000000000 is used most/);
  assertEquals(of["throttles.read"]!.status, "warning");
  assertMatch(of["throttles.read"]!.message, /^1 reads? .*in the sample$/);
});

Deno.test("doctor advises to spread the keys if one of two shards has all traffic", async () => {
  await using kinesis = faulty();
  kinesis.server.createStream("orders", { shards: 2 });
  let written: Promise<void> | undefined;
  let isSampling = false;
  kinesis.onRequest = (action) =>
    isSampling && action === "GetRecords"
      ? written ??= call(kinesis, "PutRecords", {
        StreamName: "orders",
        Records: Array.from({ length: 500 }, () => ({
          ...{ PartitionKey: "k", ExplicitHashKey: "0", Data: btoa("value") },
        })),
      })
      : undefined;
  const { of } = await examine(kinesis, ["orders", "--sample=400ms"], {
    onProgress: (text) => isSampling ||= text === "Checking sample",
  });
  assertMatch(of["hot-shards"]!.message, /the others have 0 % on average$/);
  assertMatch(of["hot-shards"]!.remedy!, /^Use partition keys that spread/);
});

interface MetricQuery {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: {
      readonly MetricName: string;
      readonly Dimensions: { readonly Name: string; readonly Value: string }[];
    };
  };
}

/** Kinesis, and a CloudWatch with one point for each metric. */
function withCloudWatch(
  valueOf: (metric: string, shardId: string | undefined) => number | undefined,
): FakeTerminalKinesis {
  return new FakeTerminalKinesis({}, (fetch) => async (request) => {
    const target = request.headers.get("x-amz-target");
    if (target !== "GraniteServiceVersion20100801.GetMetricData") {
      return await fetch(request);
    }
    const { MetricDataQueries } = await request.json();
    const time = Date.now() / 1000 - 60;
    return Response.json({
      MetricDataResults: MetricDataQueries.map(
        ({ Id, MetricStat: { Metric } }: MetricQuery) => {
          const shard = Metric.Dimensions
            .find(({ Name }) => Name === "ShardId")?.Value;
          const value = valueOf(Metric.MetricName, shard);
          return {
            Id,
            StatusCode: "Complete",
            Timestamps: value === undefined ? [] : [time],
            Values: value === undefined ? [] : [value],
          };
        },
      ),
    });
  });
}

Deno.test("doctor reads throttles, lag and hot shards from CloudWatch", async () => {
  const values: Record<string, number> = {
    IncomingRecords: 900,
    WriteProvisionedThroughputExceeded: 100,
    ReadProvisionedThroughputExceeded: 7,
    "GetRecords.IteratorAgeMilliseconds": 21 * 3_600_000,
  };
  await using kinesis = withCloudWatch((metric, shard) =>
    shard === undefined
      ? values[metric]
      : metric === "IncomingBytes" && shard.endsWith("1")
      ? 60 * 1_048_576
      : undefined
  );
  kinesis.server.createStream("orders", { shards: 4 });
  const args = ["orders", `--cloudwatch-endpoint=${kinesis.endpoint}`];
  const { code, of } = await examine(kinesis, args);
  assertEquals(code, 1);
  assertEquals(of["cloudwatch"]!.status, "ok");
  assertEquals(
    of["throttles.write"]!.message,
    "100 records were refused in the last hour, 10 % of all",
  );
  assertEquals(of["throttles.read"]!.status, "warning");
  assertEquals(of["lag"]!.status, "warning");
  assertMatch(of["lag"]!.message, /21 hours behind/);
  assertEquals(of["retention"]!.status, "error");
  assertMatch(of["retention"]!.remedy!, /lost in 3 hours/);
  assertEquals(of["hot-shards"]!.status, "skipped");
  await call(kinesis, "EnableEnhancedMonitoring", {
    ...{ StreamName: "orders", ShardLevelMetrics: ["ALL"] },
  });
  const enhanced = await examine(kinesis, args);
  assertEquals(enhanced.of["hot-shards"]!.status, "warning");
  assertMatch(
    enhanced.of["hot-shards"]!.message,
    /^shardId-000000000001 is used most: 100 % of its limit/,
  );
});

Deno.test("doctor tells a stream without traffic from one whose metrics cannot be read", async () => {
  await using quiet = withCloudWatch(() => undefined);
  quiet.server.createStream("orders");
  const args = ["orders", `--cloudwatch-endpoint=${quiet.endpoint}`];
  const { of } = await examine(quiet, args);
  assertEquals(of["throttles.write"]!.status, "ok");
  assertMatch(of["lag"]!.message, /^Nothing has read the stream/);
  await using denied = policed("cloudwatch:GetMetricData");
  denied.server.createStream("orders");
  const other = await examine(denied, [
    ...["orders", `--cloudwatch-endpoint=${denied.endpoint}`],
  ]);
  assertEquals(other.code, 0);
  assertEquals(other.of["cloudwatch"]!.status, "skipped");
  assertEquals(
    other.of["cloudwatch"]!.remedy,
    "Allow cloudwatch:GetMetricData on *",
  );
  assertEquals(other.of["throttles.write"]!.status, "skipped");
});

Deno.test("doctor finds that the key of an encrypted stream is refused", async () => {
  await using kinesis = faulty({
    action: "GetRecords",
    fault: { type: "error", status: 400, code: "KMSAccessDeniedException" },
  });
  kinesis.server.createStream("orders");
  await call(kinesis, "StartStreamEncryption", {
    ...{ StreamName: "orders", EncryptionType: "KMS", KeyId: "alias/orders" },
  });
  const { code, of } = await examine(kinesis, ["orders"]);
  assertEquals(code, 1);
  assertEquals(of["stream.encryption"]!.status, "error");
  assertMatch(of["stream.encryption"]!.remedy!, /kms:Decrypt on alias\/orders/);
  assertMatch(of["permissions.read"]!.remedy!, /kms:Decrypt on the key/);
});

Deno.test("doctor colours statuses on a terminal", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { lines } = await kinesis.run(["doctor"], { isTerminal: true });
  // NO_COLOR may be set where tests run.
  const isColoured = !Deno.env.get("NO_COLOR");
  assertEquals(lines[0]!.startsWith("\x1b[32mok"), isColoured, lines[0]);
});

Deno.test("doctor refuses wrong options", async () => {
  await using kinesis = new FakeTerminalKinesis();
  for (
    const args of [
      ["--sample=1s"],
      ["orders", "--for=all"],
      ["orders", "--timeout=0"],
      ["orders", "--timeout=5x"],
    ]
  ) {
    const { code, lines } = await kinesis.run(["doctor", ...args]);
    assertEquals([code, lines], [2, []], args.join(" "));
  }
});

Deno.test("doctor skips what kinesalite does not know", async () => {
  await using service = await startKinesalite();
  await using kinesis = new FakeTerminalKinesis();
  const at = `--endpoint=${service.endpoint}`;
  assertEquals(
    (await kinesis.run([at, "create", "orders", "--shards=1"])).code,
    0,
  );
  const { code, of } = await examine(kinesis, [
    ...["orders", "--sample=100ms", at],
  ]);
  assertEquals([code, statusesOf(of).skipped], [0, [
    "stream.consumers",
    "permissions.write",
    "permissions.fan-out",
    "cloudwatch",
    "throttles.write",
    "checkpoints",
    "lag",
    "limits.shards",
    "limits.on-demand",
  ]]);
  assertEquals(
    of["limits.shards"]!.message,
    "The server does not know DescribeLimits",
  );
});

Deno.test("doctor skips what kinesis-local does not know", async () => {
  await using service = await startKinesisLocal();
  await using kinesis = new FakeTerminalKinesis();
  const at = `--endpoint=${service.endpoint}`;
  assertEquals(
    (await kinesis.run([at, "create", "orders", "--shards=1", "--wait"])).code,
    0,
  );
  const { code, of } = await examine(kinesis, [
    ...["orders", "--sample=100ms", at],
  ]);
  assertEquals([code, statusesOf(of).skipped], [0, [
    "permissions.write",
    "permissions.fan-out",
    "cloudwatch",
    "throttles.write",
    "checkpoints",
    "lag",
  ]]);
});
