import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import {
  ConnectionError,
  CredentialsError,
  KinesisError,
  ResponseError,
  ServiceError,
} from "../../errors.ts";
import { endless, failure, type Handler, ok, stub } from "./_stub_fetch.ts";

/** The error of a call that is not tried again. */
async function errorOf(handler: Handler): Promise<KinesisError> {
  const { client, run } = stub(handler, { retry: { maxAttempts: 1 } });
  const error = await run(
    client.getRecords({ ShardIterator: "i" }).then(
      () => undefined,
      (error) => error,
    ),
  );
  assertInstanceOf(error, KinesisError);
  return error;
}

Deno.test("KinesisClient reads the code of an error wherever it is written", async () => {
  const code = "ExpiredIteratorException";
  const plain =
    (status: number, body: string, headers: HeadersInit = {}) => () =>
      new Response(body, { status, headers });
  for (
    const handler of [
      () => failure(code),
      () => failure(`com.amazonaws.kinesis.v20131202#${code}`),
      () => failure(`${code}:http://internal.amazon.com/coral/`),
      plain(400, "", { "x-amzn-errortype": code }),
      plain(400, "{}", { "x-amzn-errortype": `${code}:http://x/#y` }),
      plain(400, "not json", { "x-amzn-ErrorType": `${code}: ` }),
      plain(400, JSON.stringify({ __type: code, Message: "no" })),
    ]
  ) {
    const error = await errorOf(handler);
    assertInstanceOf(error, ServiceError);
    assertEquals(
      [error.code, error.status, error.action, error.retryable],
      [code, 400, "GetRecords", false],
    );
    assertStringIncludes(error.message, "Cannot GetRecords");
    assertStringIncludes(error.message, "ask for a new one");
  }
});

Deno.test("KinesisClient keeps the message of the service, under both of its names", async () => {
  for (const name of ["message", "Message"]) {
    const error = await errorOf(() =>
      new Response(
        JSON.stringify({
          __type: "ResourceNotFoundException",
          [name]: "It is not there.",
        }),
        { status: 400 },
      )
    );
    assertStringIncludes(error.message, ": It is not there. Check the name");
  }
});

Deno.test("KinesisClient keeps the request id of an error and of an unreadable answer", async () => {
  for (const name of ["x-amzn-RequestId", "x-amz-request-id"]) {
    const error = await errorOf(() =>
      failure("ResourceNotFoundException", 400, { [name]: "r-1" })
    );
    assertEquals((error as ServiceError).requestId, "r-1");
    assertStringIncludes(error.message, "(request r-1)");
    const unreadable = await errorOf(() => ok("text", { [name]: "r-2" }));
    assertInstanceOf(unreadable, ResponseError);
    assertStringIncludes(unreadable.message, "(request r-2)");
  }
});

Deno.test("KinesisClient makes a typed error of an answer without a readable body", async () => {
  for (
    const body of ["", "<html>Bad gateway</html>", "null", "[]", "\xff", "3"]
  ) {
    for (
      const [status, retryable] of [
        [400, true],
        [403, false],
        [404, false],
        [429, true],
        [500, true],
        [502, true],
        [503, true],
        [504, true],
      ] as const
    ) {
      const error = await errorOf(() => new Response(body, { status }));
      assertInstanceOf(error, ServiceError);
      assertEquals(
        [error.code, error.status, error.retryable],
        [`Http${status}`, status, retryable],
      );
    }
  }
});

Deno.test("KinesisClient marks the errors that may be tried again", async () => {
  for (
    const [code, status, retryable, throttled] of [
      ["ProvisionedThroughputExceededException", 400, true, true],
      ["LimitExceededException", 400, true, true],
      ["KMSThrottlingException", 400, true, true],
      ["ThrottlingException", 400, true, true],
      ["InternalFailure", 500, true, false],
      ["ServiceUnavailable", 503, true, false],
      ["InternalFailureException", 400, true, false],
      ["AccessDeniedException", 400, false, false],
      ["ResourceNotFoundException", 400, false, false],
      ["ResourceInUseException", 400, false, false],
      ["ValidationException", 400, false, false],
      ["InvalidArgumentException", 400, false, false],
      ["UnrecognizedClientException", 400, false, false],
    ] as const
  ) {
    const error = await errorOf(() => failure(code, status));
    assertInstanceOf(error, ServiceError);
    assertEquals(
      [error.code, error.retryable, error.throttled],
      [code, retryable, throttled],
    );
  }
});

Deno.test("KinesisClient does not take a full account for a throttle", async () => {
  const { client, sent, run } = stub(() => failure("LimitExceededException"));
  const error = await assertRejects(
    () => run(client.createStream({ StreamName: "s", ShardCount: 1 })),
    ServiceError,
  );
  assertEquals([error.retryable, error.throttled, sent.length], [
    false,
    false,
    1,
  ]);
});

Deno.test("KinesisClient never follows a redirect", async () => {
  const { client, sent, run } = stub(() =>
    new Response(null, {
      status: 307,
      headers: { location: "http://elsewhere.example/" },
    })
  );
  const error = await assertRejects(
    () => run(client.listShards({ StreamName: "s" })),
    ResponseError,
    "status 307",
  );
  assertEquals([error.status, error.retryable, sent.length], [307, false, 1]);
  assertEquals(sent[0]!.init.redirect, "manual");
});

Deno.test("KinesisClient refuses an answer that is not one of Kinesis", async () => {
  for (
    const body of [
      "<html>Sign in</html>",
      "null",
      "[]",
      '"text"',
      '{"Records":[null]}',
      '{"Records":[{"Data":"!"}]}',
      '{"Records":[{"Data":7,"PartitionKey":"k","SequenceNumber":"1"}]}',
      '{"Records":[{"Data":"","PartitionKey":7,"SequenceNumber":"1"}]}',
      '{"Records":[{"Data":"","PartitionKey":"k","SequenceNumber":1}]}',
      '{"Records":[{"Data":"","PartitionKey":"k","SequenceNumber":"1","ApproximateArrivalTimestamp":"soon"}]}',
      '{"Records":[{"Data":"","PartitionKey":"k","SequenceNumber":"1","ApproximateArrivalTimestamp":1e300}]}',
      '{"Records":',
      "\xff\xfe",
    ]
  ) {
    const error = await errorOf(() => new Response(body));
    assertInstanceOf(error, ResponseError, body);
    assertEquals([error.status, error.code], [200, "BadResponse"]);
  }
});

Deno.test("KinesisClient makes a typed error of a body that breaks off", async () => {
  const cut = (start: string) => () =>
    new Response(
      new ReadableStream({
        start(out) {
          out.enqueue(new TextEncoder().encode(start));
        },
        pull(out) {
          out.error(new TypeError("connection reset"));
        },
      }),
    );
  for (const start of ["", '{"Records":[']) {
    const error = await errorOf(cut(start));
    assertInstanceOf(error, ConnectionError);
    assertEquals(error.retryable, true);
    assertStringIncludes(String((error.cause as Error).message), "reset");
  }
});

Deno.test("KinesisClient reads no more of a huge body than an answer can have", async () => {
  const huge = endless(new Uint8Array(16 * 1024 * 1024));
  const error = await errorOf(() => new Response(huge.body));
  assertInstanceOf(error, ResponseError);
  assertEquals([error.retryable, huge.cancelled, huge.pulls], [false, true, 5]);
});

Deno.test("KinesisClient says where it could not connect to", async () => {
  const cause = new TypeError("connection refused");
  const error = await errorOf(() => Promise.reject(cause));
  assertInstanceOf(error, ConnectionError);
  assertEquals([error.cause, error.retryable], [cause, true]);
  assertStringIncludes(error.message, "127.0.0.1:1");
  const sync = await errorOf(() => {
    throw cause;
  });
  assertInstanceOf(sync, ConnectionError);
});

Deno.test("KinesisClient rejects with a ConnectionError when no server listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    random: () => 0,
  });
  const error = await assertRejects(
    () => client.listShards({ StreamName: "s" }),
    ConnectionError,
    `127.0.0.1:${port}`,
  );
  assertInstanceOf(error.cause, TypeError);
});

Deno.test("KinesisClient says that there are no credentials", async () => {
  for (
    const credentials of [
      () => Promise.resolve({ accessKeyId: "", secretAccessKey: "s" }),
      () => Promise.resolve({ accessKeyId: "id", secretAccessKey: "" }),
      () => Promise.resolve(undefined as never),
    ]
  ) {
    const { client, sent, run } = stub(() => ok(), { credentials });
    const error = await assertRejects(
      () => run(client.listShards({ StreamName: "s" })),
      CredentialsError,
      "no credentials",
    );
    assertEquals([error.code, error.retryable], ["NoCredentials", false]);
    assertEquals(sent.length, 0);
  }
});
