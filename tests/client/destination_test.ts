import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import { client } from "./_recording_client.ts";

const ACCOUNT = "123456789012";
const arn = (region: string) =>
  `arn:aws:kinesis:${region}:${ACCOUNT}:stream/orders`;

Deno.test("KinesisClient sends to the endpoint of its region", async () => {
  for (
    const [options, expected] of [
      [{ region: "eu-west-1" }, "kinesis.eu-west-1.amazonaws.com/ eu-west-1"],
      [
        { region: "us-east-1", useFips: true },
        "kinesis-fips.us-east-1.amazonaws.com/ us-east-1",
      ],
      [
        { region: "us-east-1", useDualStack: true },
        "kinesis.us-east-1.api.aws/ us-east-1",
      ],
      [
        { region: "us-east-1", useFips: true, useDualStack: true },
        "kinesis-fips.us-east-1.api.aws/ us-east-1",
      ],
      [
        { region: "cn-north-1" },
        "kinesis.cn-north-1.amazonaws.com.cn/ cn-north-1",
      ],
    ] as const
  ) {
    const { kinesis, sent } = client(options);
    await kinesis.listStreams();
    assertEquals(sent, [`https://${expected}`]);
  }
});

Deno.test("KinesisClient sends to the endpoint of the account when a request names an ARN", async () => {
  const { kinesis, sent } = client({ region: "eu-west-1" });
  const StreamARN = arn("eu-west-1");
  const ConsumerARN = `${StreamARN}/consumer/app:1`;
  const Data = new Uint8Array();
  await kinesis.putRecord({ StreamARN, Data, PartitionKey: "k" });
  await kinesis.getRecords({ ShardIterator: "i", StreamARN });
  await kinesis.getShardIterator({
    StreamARN,
    ShardId: "s",
    ShardIteratorType: "LATEST",
  });
  await (await kinesis.subscribeToShard({
    ConsumerARN,
    ShardId: "s",
    StartingPosition: { Type: "LATEST" },
  })).cancel();
  await kinesis.listShards({ StreamARN });
  await kinesis.describeStreamConsumer({ ConsumerARN });
  await kinesis.listTagsForResource({ ResourceARN: ConsumerARN });
  await kinesis.listStreams();
  const of = (kind: string) =>
    `https://${ACCOUNT}.${kind}-kinesis.eu-west-1.amazonaws.com/ eu-west-1`;
  assertEquals(sent, [
    ...new Array(4).fill(of("data")),
    ...new Array(3).fill(of("control")),
    "https://kinesis.eu-west-1.amazonaws.com/ eu-west-1",
  ]);
});

Deno.test("KinesisClient sends a request to no other host because of its StreamId", async () => {
  const { kinesis, sent } = client({
    region: "eu-west-1",
    credentials: {
      accessKeyId: "id",
      secretAccessKey: "s",
      accountId: ACCOUNT,
    },
  });
  const ids = [
    "abcdefghij0123456789-x0z",
    // 20 and 3 characters, as in an id, that end the host name of a URL.
    "evil.example/1234567-abc",
    "user@evil.example:80-a/b",
    "ABCDEFGHIJ0123456789-x0z",
    "short-abc",
    "",
  ];
  for (const StreamId of ids) {
    await kinesis.putRecords({ StreamId, Records: [] });
  }
  const ofAccount = `https://${ACCOUNT}.data-kinesis.eu-west-1.amazonaws.com/`;
  assertEquals(sent.map((line) => line.split(" ")[0]), [
    "https://abcdefghij0123456789.x0z.data-kinesis.eu-west-1.amazonaws.com/",
    ...new Array(ids.length - 1).fill(ofAccount),
  ]);

  const emulator = client({
    region: "eu-west-1",
    endpoint: "http://127.0.0.1:4567",
  });
  await emulator.kinesis.putRecords({ StreamId: ids[0], Records: [] });
  assertEquals(emulator.sent, ["http://127.0.0.1:4567/ eu-west-1"]);
});

Deno.test("KinesisClient refuses an ARN of another region or service and says so", async () => {
  const { kinesis, sent } = client({ region: "eu-west-1" });
  for (
    const [StreamARN, text] of [
      [arn("us-east-1"), "in region eu-west-1"],
      ["orders", "an ARN such as"],
      [arn("eu-west-1").replace("kinesis", "firehose"), "an ARN of Kinesis"],
    ] as const
  ) {
    const error = await assertRejects(
      () => kinesis.listShards({ StreamARN }),
      KinesisError,
      text,
    );
    assertEquals([error.code, error.retryable], ["InvalidEndpoint", false]);
    assertStringIncludes(error.message, "Cannot ListShards");
    assertStringIncludes(error.message, StreamARN);
  }
  assertEquals(sent.length, 0);
});

Deno.test("KinesisClient finds its region in the variables and the shared files, once", async () => {
  const config = {
    "config":
      "[default]\nregion = ap-south-1\n[profile p]\nregion = sa-east-1\n",
  };
  for (
    const [variables, region] of [
      [{ AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "x" }, "eu-west-1"],
      [{ AWS_DEFAULT_REGION: "eu-west-2" }, "eu-west-2"],
      [{ HOME: "/h" }, "ap-south-1"],
      [{ HOME: "/h", AWS_PROFILE: "p" }, "sa-east-1"],
    ] as const
  ) {
    const { kinesis, sent, surroundings } = client({}, variables, config);
    assertEquals(surroundings.reads, 0);
    await Promise.all([kinesis.listStreams(), kinesis.listStreams()]);
    await kinesis.listShards({ StreamARN: arn(region) });
    assertEquals(sent[0], `https://kinesis.${region}.amazonaws.com/ ${region}`);
    assertEquals(surroundings.reads, "HOME" in variables ? 2 : 0);
  }
});

Deno.test("KinesisClient says what to set when nothing names a region, and looks again at the next call", async () => {
  const variables: Record<string, string> = {};
  const { kinesis, sent } = client({}, variables);
  const error = await assertRejects(() => kinesis.listStreams(), KinesisError);
  assertEquals([error.code, error.retryable], ["NoRegion", false]);
  for (const hint of ["'region'", "AWS_REGION", "~/.aws/config"]) {
    assertStringIncludes(error.message, hint);
  }
  assertEquals(sent.length, 0);
  variables.AWS_REGION = "eu-west-1";
  await kinesis.listStreams();
  assertEquals(sent.length, 1);
});

Deno.test("KinesisClient rejects with the signal's reason while it looks for the region", async () => {
  const { kinesis } = client({
    environment: {
      env: () => undefined,
      readTextFile: () => new Promise(() => {}),
    },
  });
  const controller = new AbortController();
  const call = kinesis.listStreams({}, { signal: controller.signal })
    .catch((error) => error);
  controller.abort("enough");
  assertEquals(await call, "enough");
});

Deno.test("KinesisClient takes an endpoint from its options, then from the variables", async () => {
  const both = {
    AWS_ENDPOINT_URL_KINESIS: "http://127.0.0.1:4567",
    AWS_ENDPOINT_URL: "https://proxy.example",
  };
  for (
    const [options, variables, expected] of [
      [
        { endpoint: "http://localhost:1" },
        both,
        "http://localhost:1/ us-east-1",
      ],
      [{}, both, "http://127.0.0.1:4567/ us-east-1"],
      [
        { region: "eu-west-1" },
        { AWS_ENDPOINT_URL: both.AWS_ENDPOINT_URL },
        "https://proxy.example/ eu-west-1",
      ],
      [
        { region: "eu-west-1" },
        { ...both, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
        "https://kinesis.eu-west-1.amazonaws.com/ eu-west-1",
      ],
      [
        { region: "eu-west-1" },
        { AWS_USE_FIPS_ENDPOINT: "true" },
        "https://kinesis-fips.eu-west-1.amazonaws.com/ eu-west-1",
      ],
      [
        { region: "eu-west-1" },
        { AWS_USE_DUALSTACK_ENDPOINT: "true" },
        "https://kinesis.eu-west-1.api.aws/ eu-west-1",
      ],
      [{ endpoint: "http://localhost:1", region: "eu-west-1" }, {
        AWS_USE_FIPS_ENDPOINT: "true",
      }, "http://localhost:1/ eu-west-1"],
      [
        {
          endpoint: "http://192.168.1.9:80",
          region: "eu-west-1",
          allowHttp: true,
        },
        {},
        "http://192.168.1.9/ eu-west-1",
      ],
    ] as const
  ) {
    const { kinesis, sent } = client(options, variables);
    await kinesis.listStreams();
    assertEquals(sent, [expected]);
  }
});

Deno.test("KinesisClient refuses plain http to another machine, FIPS beside an endpoint, and passwords in URLs", async () => {
  for (
    const [options, text] of [
      [{ endpoint: "http://kinesis.example" }, "'allowHttp'"],
      [{ endpoint: "https://x.example", useFips: true }, "'useFips'"],
      [{ endpoint: "https://x.example", useDualStack: true }, "'useDualStack'"],
      [{ endpoint: "https://me:hunter2@x.example" }, "user name or password"],
      [{ protocol: "xml" as "json" }, '"json" or "cbor"'],
    ] as const
  ) {
    const error = assertThrows(
      () => new KinesisClient(options),
      TypeError,
      text,
    );
    assertStringIncludes(error.message, "Cannot create KinesisClient");
    assertEquals(error.message.includes("hunter2"), false);
  }
  for (
    const [options, variables, text] of [
      [{}, { AWS_ENDPOINT_URL: "http://kinesis.example" }, "'allowHttp'"],
      [
        { useFips: true },
        { AWS_ENDPOINT_URL: "https://x.example" },
        "'useFips'",
      ],
    ] as const
  ) {
    const { kinesis, sent } = client(
      { region: "eu-west-1", ...options },
      variables,
    );
    const error = await kinesis.listStreams().catch((error) => error);
    assertInstanceOf(error, KinesisError);
    assertEquals([error.code, sent.length], ["InvalidEndpoint", 0]);
    assertStringIncludes(error.message, text);
  }
});

Deno.test("KinesisClient refuses options of a wrong type when it is made", () => {
  for (
    const [option, value] of [
      ["region", 7],
      ["region", ["eu-west-1"]],
      ["useFips", "false"],
      ["useDualStack", 0],
      ["allowHttp", "no"],
      ["fetch", "https://x.example"],
      ["environment", {}],
      ["environment", null],
      ["clock", Date],
      ["random", 0.5],
      ["hooks", []],
      ["hooks", { onAttempt: "log" }],
      ["retry", null],
      ["retry", 5],
      ["timeoutMs", "100"],
      ["retry", { maxDelayMs: "1" }],
    ] as const
  ) {
    const error = assertThrows(
      () => new KinesisClient({ [option]: value as never }),
      Error,
      `Cannot create KinesisClient as '${option}`,
    );
    assert(error instanceof TypeError || error instanceof RangeError);
  }
});

Deno.test("KinesisClient remembers destinations, however many ARNs it is asked about", async () => {
  const { kinesis, sent } = client({ region: "eu-west-1" });
  for (let i = 0; i < 1100; i++) {
    await kinesis.listShards({ StreamARN: `${arn("eu-west-1")}${i}` });
  }
  assertEquals(new Set(sent).size, 1);
});
