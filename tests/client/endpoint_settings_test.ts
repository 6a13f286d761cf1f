import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type AccountIdEndpointMode,
  type Credentials,
  KinesisClient,
} from "../../client/mod.ts";
import { ConnectionError, KinesisError } from "../../errors.ts";
import { client } from "./_recording_client.ts";

const REGION = { AWS_REGION: "eu-west-1", HOME: "/h" };
const OF_AWS = "https://kinesis.eu-west-1.amazonaws.com/ eu-west-1";
const ACCOUNT = "123456789012";
const OF_ACCOUNT =
  `https://${ACCOUNT}.control-kinesis.eu-west-1.amazonaws.com/ eu-west-1`;

/** Where a client with these variables and this config file sends a request that names no ARN. */
async function sentTo(
  variables: Record<string, string>,
  config: string,
  options: Parameters<typeof client>[0] = {},
): Promise<string> {
  const { kinesis, sent } = client(options, { ...REGION, ...variables }, {
    config,
  });
  await kinesis.listStreams();
  assertEquals(sent.length, 1);
  return sent[0]!;
}

const SERVICES = `
[default]
services = local
endpoint_url = http://127.0.0.1:1
[profile plain]
endpoint_url = http://127.0.0.1:2
[profile ignoring]
services = local
endpoint_url = http://127.0.0.1:3
ignore_configured_endpoint_urls = true
[profile other]
services = other
endpoint_url = http://127.0.0.1:4
[services local]
dynamodb =
  endpoint_url = http://127.0.0.1:8000
kinesis =
  endpoint_url = http://127.0.0.1:4567
[services other]
dynamodb =
  endpoint_url = http://127.0.0.1:8000
`;

Deno.test("KinesisClient takes its endpoint from the shared config file: the service's before that of all", async () => {
  const at = (port: number) => `http://127.0.0.1:${port}/ eu-west-1`;
  for (
    const [variables, expected] of [
      [{}, at(4567)],
      [{ AWS_PROFILE: "plain" }, at(2)],
      [{ AWS_PROFILE: "other" }, at(4)],
      [{ AWS_PROFILE: "missing" }, OF_AWS],
      [{ AWS_PROFILE: "ignoring" }, OF_AWS],
      [{ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, OF_AWS],
      // A variable goes before the file, in this as in all else.
      [
        {
          AWS_PROFILE: "ignoring",
          AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
        },
        at(4567),
      ],
      [{ AWS_ENDPOINT_URL: "http://127.0.0.1:5" }, at(5)],
      [
        {
          AWS_ENDPOINT_URL: "http://127.0.0.1:5",
          AWS_ENDPOINT_URL_KINESIS: "http://127.0.0.1:6",
        },
        at(6),
      ],
    ] as const
  ) assertEquals(await sentTo(variables, SERVICES), expected);
});

Deno.test("KinesisClient goes to the endpoint that the program names, whatever the shared config file says", async () => {
  const broken = "[default]\nservices = lost\nuse_fips_endpoint = true\n";
  for (const config of [SERVICES, broken]) {
    assertEquals(
      await sentTo({}, config, { endpoint: "http://127.0.0.1:9" }),
      "http://127.0.0.1:9/ eu-west-1",
    );
  }
});

Deno.test("KinesisClient signs for us-east-1 when the config file names an endpoint and nothing names a region", async () => {
  assertEquals(
    await sentTo({ AWS_REGION: "" }, SERVICES),
    "http://127.0.0.1:4567/ us-east-1",
  );
});

Deno.test("KinesisClient sends nothing when the profile names services that are not there", async () => {
  const { kinesis, sent } = client({}, REGION, {
    config: "[default]\nservices = lost\n",
  });
  const error = await assertRejects(
    () => kinesis.listStreams(),
    KinesisError,
    "no section [services lost]",
  );
  assertEquals([error.code, error.retryable], ["InvalidEndpoint", false]);
  assertEquals(sent, []);
});

Deno.test("KinesisClient takes FIPS and dual stack from the shared config file, under variables and options", async () => {
  const config =
    "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
  for (
    const [variables, options, host] of [
      [{}, {}, "kinesis-fips.eu-west-1.api.aws"],
      [
        { AWS_USE_FIPS_ENDPOINT: "false" },
        {},
        "kinesis.eu-west-1.api.aws",
      ],
      [{}, { useDualStack: false }, "kinesis-fips.eu-west-1.amazonaws.com"],
      [
        { AWS_USE_DUALSTACK_ENDPOINT: "false" },
        { useFips: false },
        "kinesis.eu-west-1.amazonaws.com",
      ],
    ] as const
  ) {
    assertEquals(
      await sentTo(variables, config, options),
      `https://${host}/ eu-west-1`,
    );
  }
});

const WITH_ACCOUNT: Credentials = {
  accessKeyId: "id",
  secretAccessKey: "secret",
  accountId: ACCOUNT,
};

Deno.test("KinesisClient sends what names no ARN to the endpoint of the account of its credentials", async () => {
  for (
    const credentials of [
      WITH_ACCOUNT,
      () => Promise.resolve(WITH_ACCOUNT),
      () => Promise.resolve({ ...WITH_ACCOUNT, expiration: new Date(8.64e15) }),
    ]
  ) {
    const { kinesis, sent } = client({ region: "eu-west-1", credentials });
    await kinesis.listStreams();
    await kinesis.putRecord({
      StreamName: "orders",
      Data: new Uint8Array(),
      PartitionKey: "k",
    });
    await kinesis.listShards({
      StreamARN: "arn:aws:kinesis:eu-west-1:999999999999:stream/orders",
    });
    assertEquals(
      sent,
      [`${ACCOUNT}.control`, `${ACCOUNT}.data`, "999999999999.control"].map(
        (label) =>
          `https://${label}-kinesis.eu-west-1.amazonaws.com/ eu-west-1`,
      ),
    );
  }
});

Deno.test("KinesisClient follows 'accountIdEndpointMode' of the option, the variable and the profile, in this order", async () => {
  const variable = (mode: string) => ({ AWS_ACCOUNT_ID_ENDPOINT_MODE: mode });
  const profile = (mode: string) =>
    `[default]\naccount_id_endpoint_mode = ${mode}\n`;
  for (
    const [option, variables, config, expected] of [
      ["disabled", variable("required"), "", OF_AWS],
      ["preferred", variable("disabled"), "", OF_ACCOUNT],
      [undefined, variable("disabled"), profile("required"), OF_AWS],
      [undefined, {}, profile("disabled"), OF_AWS],
      [undefined, {}, profile("required"), OF_ACCOUNT],
      [undefined, {}, "", OF_ACCOUNT],
    ] as [AccountIdEndpointMode?, Record<string, string>?, string?, string?][]
  ) {
    assertEquals(
      await sentTo(variables!, config!, {
        accountIdEndpointMode: option,
        credentials: WITH_ACCOUNT,
      }),
      expected,
    );
  }
});

Deno.test("KinesisClient sends nothing when an account is required and none is known, or the mode is none", async () => {
  for (
    const [variable, config, text] of [
      ["required", "", "'accountId'"],
      ["always", "", 'AWS_ACCOUNT_ID_ENDPOINT_MODE must be "preferred"'],
      [
        "",
        "[default]\naccount_id_endpoint_mode = never\n",
        `'account_id_endpoint_mode' of profile "default" must be`,
      ],
    ] as const
  ) {
    const { kinesis, sent } = client({}, {
      ...REGION,
      AWS_ACCOUNT_ID_ENDPOINT_MODE: variable,
    }, { config });
    const error = await assertRejects(
      () => kinesis.listStreams(),
      KinesisError,
      text,
    );
    assertEquals([error.code, error.retryable], ["InvalidEndpoint", false]);
    assertEquals(sent, []);
  }
  assertThrows(
    () =>
      new KinesisClient({
        accountIdEndpointMode: "always" as AccountIdEndpointMode,
      }),
    TypeError,
    "'accountIdEndpointMode' must be",
  );
});

Deno.test("KinesisClient asks a function without an expiration once more for the account, and only the first time", async () => {
  let asked = 0;
  const credentials = () => {
    asked++;
    return Promise.resolve(WITH_ACCOUNT);
  };
  const { kinesis, sent } = client({ region: "eu-west-1", credentials });
  const counts: number[] = [];
  for (let i = 0; i < 3; i++) {
    await kinesis.listStreams();
    counts.push(asked);
  }
  assertEquals(counts, [2, 3, 4]);
  assertEquals(sent, [OF_ACCOUNT, OF_ACCOUNT, OF_ACCOUNT]);
});

Deno.test("KinesisClient tries again when the credentials whose account it needs could not be had", async () => {
  let asked = 0;
  const { kinesis, sent } = client({
    region: "eu-west-1",
    // Delays are over at once.
    clock: {
      now: () => Date.now(),
      setTimeout: (callback, ms) =>
        ms < 20_000 ? queueMicrotask(callback) : undefined,
      clearTimeout: () => {},
    },
    credentials: () =>
      ++asked === 1
        ? Promise.reject(new ConnectionError("no connection"))
        : Promise.resolve(WITH_ACCOUNT),
  });
  await kinesis.listStreams();
  assertEquals(sent, [OF_ACCOUNT]);
});

Deno.test("KinesisClient sends nowhere else when the account of its credentials is no label of a host", async () => {
  const { kinesis, sent } = client({
    region: "eu-west-1",
    credentials: { ...WITH_ACCOUNT, accountId: "evil.example/" },
  });
  const error = await assertRejects(() => kinesis.listStreams(), KinesisError);
  assertEquals(error.code, "InvalidEndpoint");
  assertEquals(sent, []);
});

Deno.test("KinesisClient says which variable or setting holds an endpoint that cannot be used", async () => {
  for (
    const [variables, config, message] of [
      [
        { AWS_ENDPOINT_URL: "localhost:4567" },
        "",
        "Cannot find the endpoint as AWS_ENDPOINT_URL must start with https:// or http://",
      ],
      [
        { AWS_ENDPOINT_URL_KINESIS: "kinesis.local" },
        "",
        "Cannot find the endpoint as AWS_ENDPOINT_URL_KINESIS must be a URL",
      ],
      [
        { AWS_PROFILE: "far" },
        "[profile far]\nendpoint_url = http://far.example\n",
        `Cannot find the endpoint as 'endpoint_url' of profile "far" must not be plain http`,
      ],
      [
        {},
        "[default]\nservices = local\n[services local]\nkinesis =\n  endpoint_url = localhost:4567\n",
        "Cannot find the endpoint as 'endpoint_url' of kinesis in [services local] must start with",
      ],
    ] as const
  ) {
    const { kinesis, sent } = client({}, { ...REGION, ...variables }, {
      config,
    });
    const error = await assertRejects(
      () => kinesis.listStreams(),
      KinesisError,
      message,
    );
    assertEquals([error.code, error.retryable], ["InvalidEndpoint", false]);
    assertEquals(sent, []);
  }
  assertEquals(
    await sentTo({ AWS_ENDPOINT_URL: "http://far.example" }, "", {
      allowHttp: true,
    }),
    "http://far.example/ eu-west-1",
  );
});
