import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { resolveEndpoint } from "../../_aws/endpoint.ts";
import { isLoopback, parseEndpointUrl } from "../../_aws/secure_url.ts";

const base = {
  what: "Cannot PutRecords",
  region: "us-east-1",
  operationType: "data",
} as const;

Deno.test("resolveEndpoint gives the documented endpoint for each kind of option", () => {
  const streamARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
  const cases: [Partial<Parameters<typeof resolveEndpoint>[0]>, string][] = [
    [{}, "https://kinesis.us-east-1.amazonaws.com/"],
    [{ useFips: true }, "https://kinesis-fips.us-east-1.amazonaws.com/"],
    [{ useDualStack: true }, "https://kinesis.us-east-1.api.aws/"],
    [{ region: "cn-north-1" }, "https://kinesis.cn-north-1.amazonaws.com.cn/"],
    [
      { streamARN },
      "https://123456789012.data-kinesis.us-east-1.amazonaws.com/",
    ],
    [
      { streamARN, operationType: "control" },
      "https://123456789012.control-kinesis.us-east-1.amazonaws.com/",
    ],
    [{ endpoint: "http://localhost:4567" }, "http://localhost:4567/"],
  ];
  for (const [options, href] of cases) {
    const { url, signingRegion } = resolveEndpoint({ ...base, ...options });
    assertEquals(url.href, href);
    assertEquals(signingRegion, options.region ?? base.region);
  }
});

Deno.test("resolveEndpoint names the invalid option and what is allowed", () => {
  const cases: [Partial<Parameters<typeof resolveEndpoint>[0]>, string][] = [
    [{ region: undefined }, "'region' is not set"],
    [{ region: "a/b" }, `such as us-east-1: current value is "a/b"`],
    [
      { streamARN: "orders" },
      `Cannot PutRecords as 'StreamARN' must be an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/name: current value is "orders"`,
    ],
    [
      { streamARN: "arn:aws:sqs:us-east-1:1:stream/orders" },
      "must be an ARN of Kinesis",
    ],
    [
      {
        region: "cn-north-1",
        streamARN: "arn:aws:kinesis:cn-north-1:1:stream/x",
      },
      "must be in partition aws-cn",
    ],
    [{ endpoint: "localhost:4567" }, "must start with https:// or http://"],
    [{ endpoint: "//x" }, "must be a URL"],
    [{ endpoint: "http://10.0.0.1" }, "unless 'allowHttp' is true"],
    [{ endpoint: "https://localhost", useFips: true }, "'useFips'"],
    [{ accountIdEndpointMode: "required" }, "set 'accountId'"],
  ];
  for (const [options, words] of cases) {
    assertThrows(
      () => resolveEndpoint({ ...base, ...options }),
      TypeError,
      words,
    );
  }
});

Deno.test("parseEndpointUrl accepts plain http for loopback, and elsewhere with allowHttp", () => {
  for (
    const url of [
      "https://example.com",
      "http://localhost:1",
      "http://kinesis.localhost",
      "http://127.0.0.1",
      "http://127.1:8080",
      "http://[::1]:4567",
    ]
  ) {
    assertEquals(parseEndpointUrl("endpoint", url).href, new URL(url).href);
  }
  for (
    const url of [
      "http://example.com",
      "http://127.0.0.1.example.com",
      "http://localhost.example.com",
      "http://128.0.0.1",
      "http://0.0.0.0",
      "http://[::2]",
    ]
  ) {
    assertThrows(() => parseEndpointUrl("endpoint", url), TypeError);
    assertEquals(
      parseEndpointUrl("endpoint", url, true).href,
      new URL(url).href,
    );
    assertFalse(isLoopback(new URL(url)));
  }
  assert(isLoopback(new URL("http://LOCALHOST")));
});

Deno.test("parseEndpointUrl does not show the password of a URL in its errors", () => {
  const error = assertThrows(
    () => parseEndpointUrl("endpoint", "ftp://user:hunter2@example.com"),
    TypeError,
    "must not hold a user name or password",
  );
  assertFalse(error.message.includes("hunter2"));
  const other = assertThrows(
    () => parseEndpointUrl("endpoint", "https://user:hunter2@exa mple"),
    TypeError,
    "must be a URL",
  );
  assertFalse(Deno.inspect(other).includes("hunter2"));
});
