import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { systemClock } from "../../_core/clock.ts";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { KinesisServer, ServiceFault } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { call, entry, fails, HALF, iterator, ok, readAll } from "./_call.ts";

Deno.test("KinesisServer stores a record in the shard of its hash key", async () => {
  const { fetch, ids } = withStream(2);
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`);
  const { Records, FailedRecordCount } = await ok(fetch, "PutRecords", {
    StreamName: "s",
    Records: keys.map((key) => entry(key)),
  });
  assertEquals(FailedRecordCount, 0);
  keys.forEach((key, i) =>
    assertEquals(Records[i].ShardId, ids[hashKeyOf(key) < HALF ? 0 : 1])
  );
});

Deno.test("KinesisServer uses the explicit hash key if there is one", async () => {
  const { fetch, ids } = withStream(2);
  for (const [hash, id] of [[HALF - 1n, ids[0]], [HALF, ids[1]]]) {
    const { ShardId } = await ok(fetch, "PutRecord", {
      StreamName: "s",
      ...entry("k"),
      ExplicitHashKey: String(hash),
    });
    assertEquals(ShardId, id);
  }
  await fails(fetch, "InvalidArgumentException", "PutRecord", {
    StreamName: "s",
    ...entry("k"),
    ExplicitHashKey: String(1n << 128n),
  });
  await fails(fetch, "ValidationException", "PutRecord", {
    StreamName: "s",
    ...entry("k"),
    ExplicitHashKey: "007",
  });
});

Deno.test("KinesisServer numbers records with 56 digits that grow along a shard and across a reshard", async () => {
  const { fetch, server, ids } = withStream(1);
  const numbers: string[] = [];
  const put = async () => {
    const { SequenceNumber } = await ok(fetch, "PutRecord", {
      StreamName: "s",
      ...entry("k"),
    });
    numbers.push(SequenceNumber);
  };
  for (let i = 0; i < 20; i++) await put();
  server.advance(1);
  await put();
  const [lower, upper] = server.split("s", ids[0]!);
  await put();
  const child = server.merge("s", lower, upper);
  await put();
  for (const number of numbers) assertMatch(number, /^495\d{53}$/);
  assertEquals(numbers, [...numbers].sort());
  assertEquals(new Set(numbers).size, numbers.length);
  const { Shards } = await ok(fetch, "ListShards", { StreamName: "s" });
  const merged = Shards.find((shard: { ShardId: string }) =>
    shard.ShardId === child
  );
  const parent = Shards[0];
  assert(
    parent.SequenceNumberRange.EndingSequenceNumber <
      merged.SequenceNumberRange.StartingSequenceNumber,
  );
  assert(numbers[20]! < parent.SequenceNumberRange.EndingSequenceNumber);
});

Deno.test("KinesisServer numbers records with 56 digits when its clock returns fractions of milliseconds", async () => {
  const server = new KinesisServer({
    clock: { ...systemClock, now: () => 1_700_000_000_000 + performance.now() },
  });
  const { streamName, shardIds } = server.createStream("orders");
  const numbers: string[] = [];
  const put = async () => {
    const { SequenceNumber } = await ok(server.fetch, "PutRecord", {
      StreamName: streamName,
      ...entry("k"),
    });
    numbers.push(SequenceNumber);
  };
  for (let i = 0; i < 3; i++) await put();
  server.advance(0.5);
  server.split(streamName, shardIds[0]!);
  await put();
  for (const number of numbers) assertMatch(number, /^495\d{53}$/);
  assertEquals(numbers, [...numbers].sort());
});

Deno.test("KinesisServer answers the same over JSON and CBOR", async () => {
  const clock = new FakeClock();
  const { fetch, server } = withStream(1, { clock });
  const data = new Uint8Array([0, 1, 250, 255]);
  await ok(fetch, "PutRecord", {
    StreamName: "s",
    PartitionKey: "from cbor",
    Data: data,
  }, { protocol: "cbor" });
  await ok(fetch, "PutRecord", {
    StreamName: "s",
    PartitionKey: 'from json "quoted" \u{1f600}',
    Data: data.toBase64(),
  });
  const next = await iterator(fetch, "s", server.records("s")[0]!.shardId);
  const json = await ok(fetch, "GetRecords", { ShardIterator: next });
  const cbor = await ok(fetch, "GetRecords", { ShardIterator: next }, {
    protocol: "cbor",
  });
  assertEquals(json.Records.length, 2);
  cbor.Records.forEach((record: Record<string, unknown>, i: number) => {
    assertEquals(record.Data, data);
    const { Data, ApproximateArrivalTimestamp, ...rest } = json.Records[i];
    assertEquals(Uint8Array.fromBase64(Data), data);
    // The service writes tagged times in milliseconds. The decoder of cbor-x reads them as seconds.
    const tagged = record.ApproximateArrivalTimestamp as Date;
    assertEquals(tagged.getTime() / 1_000, ApproximateArrivalTimestamp * 1_000);
    const { Data: _, ApproximateArrivalTimestamp: __, ...same } = record;
    assertEquals(same, rest);
  });
  assertEquals(cbor.MillisBehindLatest, json.MillisBehindLatest);
  for (const action of ["ListShards", "DescribeStream"]) {
    const a = await ok(fetch, action, { StreamName: "s" });
    const b = await ok(fetch, action, { StreamName: "s" }, {
      protocol: "cbor",
    });
    delete a.StreamDescription?.StreamCreationTimestamp;
    delete b.StreamDescription?.StreamCreationTimestamp;
    assertEquals(a, b);
  }
  const error = await call(fetch, "DescribeStream", { StreamName: "x" }, {
    protocol: "cbor",
  });
  assertEquals(error.body.__type, "ResourceNotFoundException");
  assertEquals(
    error.headers.get("content-type"),
    "application/x-amz-cbor-1.1",
  );
});

Deno.test("KinesisServer accepts CBOR times in seconds and in tagged milliseconds", async () => {
  const { fetch, ids, server } = withStream(1);
  await ok(fetch, "PutRecord", { StreamName: "s", ...entry("k") });
  const at = server.records("s")[0]!.approximateArrivalTimestamp!;
  server.advance(10);
  for (const Timestamp of [at, at.getTime() / 1_000]) {
    const { ShardIterator } = await ok(fetch, "GetShardIterator", {
      StreamName: "s",
      ShardId: ids[0],
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp,
    }, { protocol: "cbor" });
    const page = await ok(fetch, "GetRecords", { ShardIterator });
    assertEquals(page.Records.length, 1);
  }
});

Deno.test("KinesisServer finds a stream by name, by ARN and by both", async () => {
  const { fetch } = withStream(1);
  const StreamARN = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
  for (const input of [{ StreamARN }, { StreamARN, StreamName: "s" }]) {
    const { StreamDescriptionSummary: { StreamName } } = await ok(
      fetch,
      "DescribeStreamSummary",
      input,
    );
    assertEquals(StreamName, "s");
  }
  await fails(fetch, "InvalidArgumentException", "DescribeStreamSummary", {});
  await fails(fetch, "InvalidArgumentException", "DescribeStreamSummary", {
    StreamARN,
    StreamName: "t",
  });
  await fails(fetch, "ResourceNotFoundException", "DescribeStreamSummary", {
    StreamARN: StreamARN.replace("123456789012", "999999999999"),
  });
});

Deno.test("KinesisServer reports all violations of a request in one ValidationException", async () => {
  const { fetch } = withStream(1);
  assertEquals(
    await fails(fetch, "ValidationException", "PutRecord", {
      StreamName: "not a name",
      PartitionKey: "k",
    }),
    "2 validation errors detected: Value 'not a name' at 'streamName' failed to satisfy constraint: " +
      "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
      "Value null at 'data' failed to satisfy constraint: Member must not be null",
  );
  const records = (count: number) =>
    Array.from({ length: count }, () => entry("k"));
  for (
    const Records of [
      [],
      records(501),
      [entry("")],
      [entry("k".repeat(257))],
      [{ PartitionKey: "k" }],
    ]
  ) {
    await fails(fetch, "ValidationException", "PutRecords", {
      StreamName: "s",
      Records,
    });
  }
  await ok(fetch, "PutRecords", {
    StreamName: "s",
    // 256 characters outside the Basic Multilingual Plane are 512 UTF-16 units.
    Records: [entry("k".repeat(256)), entry("\u{1f600}".repeat(256))],
  });
  for (const Data of [1, "not base64!", "abc"]) {
    await fails(fetch, "SerializationException", "PutRecord", {
      StreamName: "s",
      PartitionKey: "k",
      Data,
    });
  }
  await fails(fetch, "UnknownOperationException", "PutRekord", {});
  await fails(fetch, "InvalidArgumentException", "PutRecord", {
    StreamName: "s",
    Data: "",
  });
});

Deno.test("KinesisServer answers a body that is not JSON with a SerializationException", async () => {
  const { fetch } = withStream(1);
  const response = await fetch("https://kinesis/", {
    method: "POST",
    headers: { "x-amz-target": "Kinesis_20131202.ListStreams" },
    body: "{",
  });
  assertEquals(response.status, 400);
  assertEquals((await response.json()).__type, "SerializationException");
});

Deno.test("KinesisServer rejects a record over MaxRecordSizeInKiB until the limit is raised", async () => {
  const { fetch, arn } = withStream(1, { limits: false });
  const put = (bytes: number) =>
    call(fetch, "PutRecord", { StreamName: "s", ...entry("key", bytes) });
  assertEquals((await put(1_048_576 - 3)).status, 200);
  assertEquals(
    (await put(1_048_576 - 2)).body.__type,
    "InvalidArgumentException",
  );
  await ok(fetch, "UpdateMaxRecordSize", {
    StreamARN: arn,
    MaxRecordSizeInKiB: 2_048,
  });
  assertEquals((await put(2_097_152 - 3)).status, 200);
  assertEquals((await put(2_097_152 - 2)).status, 400);
  await fails(fetch, "ValidationException", "UpdateMaxRecordSize", {
    StreamARN: arn,
    MaxRecordSizeInKiB: 10_241,
  });
});

Deno.test("KinesisServer rejects a PutRecords above maxPutRecordsBytes", async () => {
  const { fetch } = withStream(1, {
    limits: false,
    maxPutRecordsBytes: 5 * 1_048_576,
  });
  const put = (count: number) =>
    call(fetch, "PutRecords", {
      StreamName: "s",
      Records: Array.from({ length: count }, () => entry("k", 1_048_575)),
    });
  assertEquals((await put(5)).status, 200);
  assertEquals((await put(6)).body.__type, "InvalidArgumentException");
});

Deno.test("KinesisServer reads from every ShardIteratorType", async () => {
  const clock = new FakeClock();
  const { fetch, server, ids } = withStream(1, { clock, limits: false });
  const numbers: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { SequenceNumber } = await ok(fetch, "PutRecord", {
      StreamName: "s",
      ...entry(`k${i}`),
    });
    numbers.push(SequenceNumber);
    server.advance(1_000);
  }
  const start = server.now() - 5_000;
  const read = async (position: Record<string, unknown>) => {
    const { records } = await readAll(
      fetch,
      await iterator(fetch, "s", ids[0]!, position),
    );
    return records.map(({ PartitionKey }) => PartitionKey).join();
  };
  const at = (ms: number) => ({
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: (start + ms) / 1_000,
  });
  assertEquals(
    await read({ ShardIteratorType: "TRIM_HORIZON" }),
    "k0,k1,k2,k3,k4",
  );
  assertEquals(await read({ ShardIteratorType: "LATEST" }), "");
  assertEquals(
    await read({
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
      StartingSequenceNumber: numbers[3],
    }),
    "k3,k4",
  );
  assertEquals(
    await read({
      ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      StartingSequenceNumber: numbers[3],
    }),
    "k4",
  );
  assertEquals(await read(at(0)), "k0,k1,k2,k3,k4");
  assertEquals(await read(at(1)), "k1,k2,k3,k4");
  assertEquals(await read(at(4_000)), "k4");
  assertEquals(await read(at(4_001)), "");
  for (
    const [type, position] of [
      ["InvalidArgumentException", at(6_000)],
      ["InvalidArgumentException", { ShardIteratorType: "AT_TIMESTAMP" }],
      ["InvalidArgumentException", {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
      }],
      ["InvalidArgumentException", {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: "1234",
      }],
      ["ValidationException", { ShardIteratorType: "EARLIEST" }],
      ["ResourceNotFoundException", {
        ShardIteratorType: "LATEST",
        ShardId: "shardId-000000000009",
      }],
    ] as const
  ) {
    await fails(fetch, type, "GetShardIterator", {
      StreamName: "s",
      ShardId: ids[0],
      ...position,
    });
  }
});

Deno.test("KinesisServer expires an iterator after five minutes, and rejects an iterator of another server", async () => {
  const { fetch, server, ids } = withStream(1);
  const next = await iterator(fetch, "s", ids[0]!);
  server.advance(299_000);
  await ok(fetch, "GetRecords", { ShardIterator: next });
  server.advance(2_000);
  assertMatch(
    await fails(fetch, "ExpiredIteratorException", "GetRecords", {
      ShardIterator: next,
    }),
    /tolerated delay of 300000 milliseconds/,
  );
  const foreign = new KinesisServer({ random: () => 0.5 });
  foreign.createStream("s");
  for (
    const ShardIterator of [
      "AAAA",
      "?",
      next.slice(0, -4) + "AAAA",
      await iterator(foreign.fetch, "s", ids[0]!),
    ]
  ) {
    await fails(fetch, "InvalidArgumentException", "GetRecords", {
      ShardIterator,
    });
  }
});

Deno.test("KinesisServer trims records after the retention period, and keeps them longer when it is raised", async () => {
  const { fetch, server, ids } = withStream(1);
  const HOUR = 3_600_000;
  await ok(fetch, "PutRecord", { StreamName: "s", ...entry("old") });
  const [old] = server.records("s");
  server.advance(23 * HOUR);
  await ok(fetch, "PutRecord", { StreamName: "s", ...entry("new") });
  server.advance(1.5 * HOUR);
  const { records } = await readAll(fetch, await iterator(fetch, "s", ids[0]!));
  assertEquals(records.map((record) => record.PartitionKey), ["new"]);
  // Reading from a trimmed position starts at the oldest record that remains.
  const after = await iterator(fetch, "s", ids[0]!, {
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    StartingSequenceNumber: old!.sequenceNumber,
  });
  assertEquals((await readAll(fetch, after)).records.length, 1);
  await ok(fetch, "IncreaseStreamRetentionPeriod", {
    StreamName: "s",
    RetentionPeriodHours: 48,
  });
  server.advance(40 * HOUR);
  assertEquals(server.records("s").length, 1);
  await ok(fetch, "DecreaseStreamRetentionPeriod", {
    StreamName: "s",
    RetentionPeriodHours: 24,
  });
  assertEquals(server.records("s").length, 0);
  for (const RetentionPeriodHours of [23, 8_761]) {
    await fails(
      fetch,
      "InvalidArgumentException",
      "IncreaseStreamRetentionPeriod",
      { StreamName: "s", RetentionPeriodHours },
    );
  }
});

Deno.test("KinesisServer measures MillisBehindLatest to now", async () => {
  const clock = new FakeClock();
  const { fetch, server, ids } = withStream(1, { clock });
  for (const key of ["a", "b"]) {
    await ok(fetch, "PutRecord", { StreamName: "s", ...entry(key) });
    server.advance(2_000);
  }
  const first = await ok(fetch, "GetRecords", {
    ShardIterator: await iterator(fetch, "s", ids[0]!),
    Limit: 1,
  });
  assertEquals(first.MillisBehindLatest, 2_000);
  const second = await ok(fetch, "GetRecords", {
    ShardIterator: first.NextShardIterator,
  });
  assertEquals(second.MillisBehindLatest, 0);
});

Deno.test("KinesisServer returns random records unchanged and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          key: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
          data: fc.uint8Array({ maxLength: 50 }),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      fc.constantFrom("json" as const, "cbor" as const),
      fc.integer({ min: 1, max: 7 }),
      async (items, protocol, limit) => {
        const { fetch, ids } = withStream(1, { limits: false });
        await ok(fetch, "PutRecords", {
          StreamName: "s",
          Records: items.map(({ key, data }) => ({
            PartitionKey: key,
            Data: protocol === "json" ? data.toBase64() : data,
          })),
        }, { protocol });
        const read = [];
        let next = await iterator(fetch, "s", ids[0]!);
        while (read.length < items.length) {
          const page = await ok(fetch, "GetRecords", {
            ShardIterator: next,
            Limit: limit,
          });
          assertLessOrEqual(page.Records.length, limit);
          read.push(...page.Records);
          next = page.NextShardIterator;
        }
        assertEquals(
          read.map(({ PartitionKey, Data }) => [PartitionKey, Data]),
          items.map(({ key, data }) => [key, data.toBase64()]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("KinesisServer changes nothing for a request with DryRun", async () => {
  const { fetch, server, ids } = withStream(1);
  const DryRun = true;
  await fails(fetch, "DryRunOperationException", "PutRecord", {
    StreamName: "s",
    ...entry("k"),
    DryRun,
  });
  await fails(fetch, "DryRunOperationException", "GetShardIterator", {
    StreamName: "s",
    ShardId: ids[0],
    ShardIteratorType: "LATEST",
    DryRun,
  });
  await fails(fetch, "ResourceNotFoundException", "PutRecord", {
    StreamName: "t",
    ...entry("k"),
    DryRun,
  });
  assertEquals(server.records("s"), []);
});

Deno.test("KinesisServer accepts the arguments of a Deno.serve handler", async () => {
  const { fetch } = withStream(1);
  await using listener = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    fetch,
  );
  const response = await globalThis.fetch(
    `http://127.0.0.1:${listener.addr.port}/`,
    {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Kinesis_20131202.ListStreams",
      },
      body: "{}",
    },
  );
  assertEquals((await response.json()).StreamNames, ["s"]);
});

Deno.test("KinesisServer rejects with the reason of an aborted signal", async () => {
  const { fetch } = withStream(1);
  await assertRejects(
    () =>
      call(fetch, "ListStreams", {}, {
        signal: AbortSignal.abort(new Error("enough")),
      }),
    Error,
    "enough",
  );
});

Deno.test("KinesisServer keeps a bounded log of requests without their data", async () => {
  const { fetch, server } = withStream(1, { logLimit: 2 });
  await ok(fetch, "ListStreams");
  await ok(fetch, "PutRecords", { StreamName: "s", Records: [entry("k")] });
  await fails(fetch, "ResourceNotFoundException", "DescribeStream", {
    StreamName: "t",
  });
  assertEquals(
    server.log.map(({ action, records, status, error, input }) => ({
      action,
      records,
      status,
      error,
      input,
    })),
    [
      {
        action: "PutRecords",
        records: 1,
        status: 200,
        error: undefined,
        input: { StreamName: "s" },
      },
      {
        action: "DescribeStream",
        records: 0,
        status: 400,
        error: "ResourceNotFoundException",
        input: { StreamName: "t" },
      },
    ],
  );
  server.clearLog();
  assertEquals(server.log, []);
});

Deno.test("KinesisServer names an option that is out of range", () => {
  for (
    const [options, name] of [
      [{ accountId: "12" }, "accountId"],
      [{ transitionMs: -1 }, "transitionMs"],
      [{ shardLimit: 0 }, "shardLimit"],
      [{ logLimit: 0.5 }, "logLimit"],
      [{ maxPutRecordsBytes: 0 }, "maxPutRecordsBytes"],
    ] as const
  ) {
    const error = assertThrows(() => new KinesisServer(options), RangeError);
    assertStringIncludes(error.message, `'${name}'`);
  }
});

Deno.test("KinesisServer methods throw a ServiceFault for an unknown stream", () => {
  const server = new KinesisServer();
  const error = assertThrows(() => server.records("nope"), ServiceFault);
  assertEquals(error.type, "ResourceNotFoundException");
  assertThrows(() => server.advance(-1), RangeError);
});

Deno.test("KinesisServer.connection has the region, fetch and first credentials of the server", () => {
  const { connection, fetch } = new KinesisServer({ region: "eu-west-1" });
  assertEquals(connection.region, "eu-west-1");
  assertEquals(connection.fetch, fetch);
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const verifying = new KinesisServer({ credentials: [credentials] });
  assertEquals(verifying.connection.credentials, credentials);
});

Deno.test("KinesisServer has no streams and no log after close", async () => {
  const { fetch, server } = withStream(1);
  server.close();
  assertEquals((await ok(fetch, "ListStreams")).StreamNames, []);
});

function withStream(
  shards: number,
  options: ConstructorParameters<typeof KinesisServer>[0] = {},
) {
  const server = new KinesisServer(options);
  const { shardIds: ids, streamARN: arn } = server.createStream("s", {
    shards,
  });
  return { server, fetch: server.fetch, ids, arn };
}
