import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import {
  capture,
  type CaptureOptions,
  KinesisServer,
  readCapture,
  redactAll,
} from "../../testing/mod.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A stream with two records of each of two keys, and a split between them. */
async function setUp() {
  const server = new KinesisServer({ limits: false });
  const { streamName, shardIds } = server.createStream("orders");
  const client = new KinesisClient(server.connection);
  const put = (PartitionKey: string, value: string) =>
    client.putRecord({
      StreamName: streamName,
      PartitionKey,
      Data: new TextEncoder().encode(value),
    });
  await put("alice", "one");
  await put("bob", "two");
  server.split(streamName, shardIds[0]!);
  await put("alice", "three");
  await put("bob", "four");
  return { client, streamName, put };
}

/** The lines that a capture has written. */
async function linesOf(
  options: Omit<CaptureOptions, "to">,
): Promise<string[]> {
  const lines: string[] = [];
  const to = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (chunk) => void lines.push(text(chunk)),
  });
  await capture({ until: "caught-up", ...options, to });
  return lines;
}

function streamOf(file: string, size = 7): ReadableStream<
  Uint8Array<ArrayBuffer>
> {
  const bytes = new TextEncoder().encode(file);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

Deno.test("capture writes records and lineage, and readCapture reads them", async () => {
  const { client, streamName } = await setUp();
  const lines = await linesOf({ client, streamName });
  assertEquals(JSON.parse(lines[0]!), {
    format: "webstreams-kinesis-capture",
    version: 1,
    stream: "orders",
  });
  const { stream, shards, records } = await readCapture(
    streamOf(lines.join("")),
  );
  assertEquals(stream, "orders");
  assertEquals(shards.map((it) => it.parentShardId), [
    undefined,
    "shardId-000000000000",
    "shardId-000000000000",
  ]);
  const first = records.slice(0, 2);
  assertEquals(first.map((it) => [it.partitionKey, text(it.data)]), [
    ["alice", "one"],
    ["bob", "two"],
  ]);
  assertEquals(
    records.slice(2).map((it) => text(it.data)).sort(),
    ["four", "three"],
  );
  for (const { arrivedAt, sequenceNumber } of records) {
    assert(Math.abs(arrivedAt! - Date.now()) < 60_000);
    assert(/^\d+$/.test(sequenceNumber));
  }
});

Deno.test("capture hides content with redactAll, and equal keys stay equal", async () => {
  const { client, streamName } = await setUp();
  const redact = await redactAll("k");
  const file = (await linesOf({ client, streamName, redact })).join("");
  for (const secret of ["alice", "bob", btoa("one"), btoa("three")]) {
    assert(!file.includes(secret), secret);
  }
  const { records } = await readCapture(streamOf(file));
  const [alice, bob, ...later] = records.map((it) => it.partitionKey!);
  assert(alice !== bob);
  assertEquals(later.sort(), [alice, bob].sort());
  assertEquals(records.map((it) => it.data.length).sort(), [3, 3, 4, 5]);
  const other = await redactAll("another");
  const { partitionKey } = await other({ ...records[0]!, partitionKey: "bob" });
  assert(partitionKey !== bob);
});

Deno.test("capture stops with an error if 'redact' fails or returns nothing, and writes no secret", async () => {
  const { client, streamName } = await setUp();
  const results = [
    () => {
      throw new Error("no key");
    },
    () => undefined,
    () => ({ data: "text" }),
  ];
  for (const redact of results) {
    const lines: string[] = [];
    let aborted: unknown;
    const to = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (chunk) => void lines.push(text(chunk)),
      abort: (reason) => void (aborted = reason),
    });
    const error = await assertRejects(() =>
      capture({
        client,
        streamName,
        until: "caught-up",
        to,
        redact: redact as unknown as CaptureOptions["redact"],
      })
    );
    assertEquals(aborted, error);
    assert(!lines.join("").includes('"record"'));
  }
});

Deno.test("capture ends with its signal, reads no more than its sink takes, and its file counts as truncated", async () => {
  const { client, streamName, put } = await setUp();
  for (let i = 0; i < 50; i++) await put("k", `${i}`);
  const stop = new AbortController();
  const lines: string[] = [];
  const full = Promise.withResolvers<void>();
  const to = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      lines.push(text(chunk));
      if (lines.length < 8) return;
      full.resolve();
      return new Promise(() => {});
    },
  });
  const prefetch = { records: 10 };
  const { signal } = stop;
  const running = capture({ client, streamName, prefetch, to, signal });
  const failed = assertRejects(() => running, Error, "enough");
  await full.promise;
  stop.abort(new Error("enough"));
  await failed; // although the sink hangs
  assert(lines.length <= 9, `${lines.length} lines`);
  const error = await assertRejects(
    () => readCapture(streamOf(lines.join(""))),
    KinesisError,
    "its end is missing",
  );
  assertEquals(error.code, "CaptureDamaged");
});

Deno.test("readCapture says what is wrong with a file", async () => {
  const { client, streamName } = await setUp();
  const lines = await linesOf({ client, streamName });
  const wrong: [string, string, string][] = [
    ["", "NotACapture", "line 1 is no header"],
    ["PNG\n\n", "NotACapture", "line 1 is no header"],
    ['{"a":1}\n', "NotACapture", "line 1 is no header"],
    [
      lines.join("").replace('"version":1', '"version":2'),
      "CaptureTooNew",
      "its version is 2",
    ],
    [lines.slice(0, -1).join(""), "CaptureDamaged", "its end is missing"],
    [lines.join("").slice(0, -9), "CaptureDamaged", "its end is missing"],
    [lines.join("") + "{}\n", "CaptureDamaged", "follows the end"],
    [
      lines.toSpliced(4, 1).join(""),
      "CaptureDamaged",
      "it has 3 records, and its end says 4",
    ],
    [
      lines.toSpliced(4, 1, "{}\n").join(""),
      "CaptureDamaged",
      "line 5 is no shard, record or end",
    ],
    [
      lines.join("").replace(/"data":"[^"]*"/, '"data":"%"'),
      "CaptureDamaged",
      "is no shard, record or end",
    ],
  ];
  for (const [file, code, message] of wrong) {
    const error = await assertRejects(
      () => readCapture(streamOf(file)),
      KinesisError,
      message,
    );
    assertEquals(error.code, code);
  }
});

Deno.test("capture refuses wrong options", async () => {
  const to = new WritableStream<Uint8Array<ArrayBuffer>>();
  const wrong = [{}, { to, file: "x" }, { to, redact: 1 }];
  for (const options of wrong) {
    const call = () => capture(options as unknown as CaptureOptions);
    await assertRejects(call, TypeError, "Cannot capture as '");
  }
  await assertRejects(() => redactAll(""), TypeError, "'secret'");
});

Deno.test("capture ends with its signal while redact or the end of the sink hangs", async () => {
  const hang = () => new Promise<never>(() => {});
  for (
    const options of [
      { redact: hang, to: new WritableStream() },
      { to: new WritableStream({ close: hang }) },
    ]
  ) {
    const { client, streamName } = await setUp();
    const controller = new AbortController();
    const { signal } = controller;
    const captured = capture({
      client,
      streamName,
      until: "caught-up",
      signal,
      ...options,
    });
    setTimeout(() => controller.abort(new Error("stop")), 50);
    await assertRejects(() => captured, Error, "stop");
  }
});
