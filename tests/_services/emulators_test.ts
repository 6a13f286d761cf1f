import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { startKinesalite } from "./kinesalite.ts";
import { startKinesisLocal } from "./kinesis_local.ts";

async function call(
  endpoint: string,
  action: string,
  body: unknown,
  init: RequestInit & { client?: Deno.HttpClient } = {},
): Promise<unknown> {
  const response = await fetch(`${endpoint}/`, {
    ...init,
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Kinesis_20131202.${action}`,
      "x-amz-date": "20260101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00",
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert(response.ok, `${action}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function putAndRead(endpoint: string, client?: Deno.HttpClient) {
  const StreamName = "s";
  const init = client && { client };
  const ask = (action: string, body: unknown) =>
    call(endpoint, action, body, init);
  await ask("CreateStream", { StreamName, ShardCount: 1 });
  for (let status = ""; status !== "ACTIVE";) {
    const answer = await ask("DescribeStreamSummary", { StreamName }) as {
      StreamDescriptionSummary: { StreamStatus: string };
    };
    status = answer.StreamDescriptionSummary.StreamStatus;
  }
  const { ShardId } = await ask("PutRecord", {
    StreamName,
    Data: "aGk=",
    PartitionKey: "k",
  }) as { ShardId: string };
  const { ShardIterator } = await ask("GetShardIterator", {
    StreamName,
    ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  }) as { ShardIterator: string };
  const { Records } = await ask("GetRecords", { ShardIterator }) as {
    Records: { Data: string }[];
  };
  return Records.map((record) => record.Data);
}

/** Announces a body of one megabyte, sends one byte of it, and disconnects. */
async function disconnectInTheMiddleOfABody(endpoint: string) {
  const { hostname, port } = new URL(endpoint);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(
    new TextEncoder().encode(
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{",
    ),
  );
  connection.close();
}

Deno.test("startKinesalite serves a stream and leaves nothing behind when closed", async () => {
  const service = await startKinesalite();
  assertEquals(await putAndRead(service.endpoint), ["aGk="]);
  await service.close();
  await service.close();
  await assertRejects(() => fetch(service.endpoint), TypeError);
});

Deno.test("startKinesalite survives a client that disconnects in the middle of a body", async () => {
  await using service = await startKinesalite();
  for (let i = 0; i < 3; i++) {
    await disconnectInTheMiddleOfABody(service.endpoint);
  }
  assertEquals(await putAndRead(service.endpoint), ["aGk="]);
});

Deno.test("startKinesalite survives a body over its limit", async () => {
  await using service = await startKinesalite();
  try {
    const response = await fetch(service.endpoint, {
      method: "POST",
      body: new Uint8Array(9_000_000),
    });
    await response.body?.cancel();
    assertStrictEquals(response.status, 413);
  } catch (error) {
    // The server answers and disconnects before it has read the body. Which one the client sees
    // first is a race.
    assert(error instanceof TypeError, String(error));
  }
  assertEquals(await putAndRead(service.endpoint), ["aGk="]);
});

Deno.test("startKinesalite closes under requests that are being handled", async () => {
  const service = await startKinesalite();
  const calls = Promise.allSettled(Array.from(
    { length: 20 },
    () => call(service.endpoint, "ListStreams", {}),
  ));
  await service.close();
  await calls;
  await assertRejects(() => fetch(service.endpoint), TypeError);
});

Deno.test("startKinesalite keeps to the shard limit when one is given", async () => {
  await using service = await startKinesalite({ shardLimit: 2 });
  await assertRejects(
    () =>
      call(service.endpoint, "CreateStream", {
        StreamName: "s",
        ShardCount: 3,
      }),
    Error,
    "LimitExceededException",
  );
});

Deno.test("startKinesisLocal serves a stream, plain and over verified TLS, and leaves nothing behind when closed", async () => {
  const service = await startKinesisLocal();
  const client = Deno.createHttpClient({ caCerts: [service.caCert] });
  try {
    assertEquals(await putAndRead(service.endpoint), ["aGk="]);
    const { StreamNames } = await call(
      service.tlsEndpoint,
      "ListStreams",
      {},
      { client },
    ) as { StreamNames: string[] };
    assertEquals(StreamNames, ["s"]);
  } finally {
    client.close();
    await service.close();
    await service.close();
  }
  await assertRejects(() => fetch(service.endpoint), TypeError);
  assertThrows(() => Deno.kill(service.pid, "SIGCONT"));
});

Deno.test("startKinesisLocal throws and stops the process when it does not answer in time", async () => {
  await assertRejects(
    () => startKinesisLocal({ startTimeoutMs: 1 }),
    Error,
    "Cannot start kinesis-local: no answer",
  );
});

Deno.test("startKinesisLocal throws when its signal aborts", async () => {
  const controller = new AbortController();
  const starting = startKinesisLocal({ signal: controller.signal });
  controller.abort(new Error("enough"));
  const error = await assertRejects(() => starting, Error);
  assertStrictEquals((error.cause as Error).message, "enough");
});
