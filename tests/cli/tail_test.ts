import { assert, assertEquals, assertMatch } from "@std/assert";
import { Producer } from "../../mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import * as processors from "../../processors/mod.ts";
import { CommandKinesis, linesOf } from "./_kinesis.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

const ALL = ["--until", "caught-up"];

/** Writes values into a stream with one key. */
async function write<T>(
  { server }: FakeTerminalKinesis | CommandKinesis,
  streamName: string,
  processor: processors.Processor<T>,
  values: readonly T[],
): Promise<void> {
  const client = new KinesisClient(server.connection);
  const producer = new Producer<T>({
    client,
    streamName,
    processor,
    partitionKey: () => "key",
    ordering: "key",
  });
  await producer.putAll(values);
  await producer.close();
}

Deno.test("tail recognizes aggregated records, JSON lines, JSON, text, gzip and other bytes", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 1 });
  const { kplJson, jsonLines, json, string, bytes, gzip } = processors;
  await write(kinesis, "orders", kplJson(), [{ kpl: 1 }, { kpl: 2 }]);
  await write(kinesis, "orders", jsonLines(), [{ line: 1 }, { line: 2 }]);
  await write(kinesis, "orders", json(), [{ json: [1] }]);
  await write(kinesis, "orders", string(), [
    "hello",
    "two\nlines",
    '{\n "pretty": 12345678901234567890\n}\n',
  ]);
  await write(kinesis, "orders", gzip(jsonLines()), ["zip", "zap"]);
  await write(kinesis, "orders", bytes(), [Uint8Array.of(0xff, 0xfe)]);
  const { code, lines, notes } = await kinesis.run(["tail", "orders", ...ALL]);
  assertEquals([code, notes], [0, ""]);
  assertEquals(lines, [
    '{"kpl":1}',
    '{"kpl":2}',
    '{"line":1}',
    '{"line":2}',
    '{"json":[1]}',
    "hello",
    "two\nlines",
    '{  "pretty": 12345678901234567890 }',
    '"zip"',
    '"zap"',
    "base64://4=",
  ]);
});

Deno.test("tail --json writes the position of each value, and JSON values as JSON", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  await write(kinesis, "orders", processors.jsonLines(), [{ a: 1 }, "two"]);
  await write(kinesis, "orders", processors.string(), ['say "hi"']);
  const { code, lines } = await kinesis.run(
    ["tail", "orders", "--json", ...ALL],
  );
  assertEquals(code, 0);
  const records = lines.map((line) => JSON.parse(line));
  assertEquals(records.map(({ value }) => value), [
    { a: 1 },
    "two",
    'say "hi"',
  ]);
  const { sequenceNumber } = kinesis.server.records("orders")[0]!;
  const { approximateArrivalTimestamp, id, ...rest } = records[1];
  assertEquals(rest, {
    streamName: "orders",
    shardId: "shardId-000000000000",
    sequenceNumber,
    subSequenceNumber: 1,
    partitionKey: "key",
    value: "two",
  });
  assert(Date.parse(approximateArrivalTimestamp) > 0);
  assert(records[0].id < id && id < records[2].id, id);
});

const { json, jsonLines, jsonList, kplJson, msgpack, createProcessor } =
  processors;
const NAMED: [string, processors.Processor<unknown>][] = [
  ["json", json()],
  ["jsonLines", jsonLines()],
  ["jsonList", jsonList()],
  ["kplJson", kplJson()],
  ["msgpack", msgpack()],
  [
    "msgpack+netstring",
    createProcessor({ serializer: msgpack(), framing: processors.netstring() }),
  ],
  ["deflateRaw(jsonLines)", processors.deflateRaw(jsonLines())],
  ["json+newline", processors.gzip(jsonLines())],
  ["gzip(jsonLines)", processors.gzip(jsonLines())],
];
for (const [name, processor] of NAMED) {
  Deno.test(`tail reads what ${processor.name} has written with --processor ${name}`, async () => {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders");
    await write(kinesis, "orders", processor, [{ id: 1 }, [2], "three"]);
    const { code, lines, notes } = await kinesis.run(
      ["tail", "orders", ...ALL, "--processor", name],
    );
    assertEquals([code, notes], [0, ""]);
    assertEquals(lines, ['{"id":1}', "[2]", '"three"']);
  });
}

Deno.test("tail reads text and bytes with --processor", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  await write(kinesis, "orders", processors.kplString(), ["1", "two"]);
  const values = async (name: string) => {
    const { lines } = await kinesis.run(
      ["tail", "orders", "--json", ...ALL, "--processor", name],
    );
    return lines.map((line) => JSON.parse(line).value);
  };
  assertEquals(await values("kplString"), ["1", "two"]);
  assertEquals(await values("kplBytes"), ["1", "two"]);
  assertMatch((await values("bytes"))[0], /^base64:84ma/);
});

Deno.test("tail describes values that cannot be decoded, prints the others and ends with 1", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  await write(kinesis, "orders", processors.string(), [
    "1",
    ...Array.from({ length: 12 }, () => "no"),
    "2",
  ]);
  const { code, lines, notes } = await kinesis.run(
    ["tail", "orders", ...ALL, "--processor=json"],
  );
  assertEquals([code, lines], [1, ["1", "2"]]);
  const all = notes.split("\n");
  assertEquals(all.length, 11);
  assertMatch(all[0]!, /sequence number|record "\d+"/);
  assertMatch(all[10]!, /^error: 12 values could not be decoded: without --pr/);
});

Deno.test("tail reads all shards from the latest record on, filters and ends after a number of values", async () => {
  await using kinesis = new FakeTerminalKinesis({ limits: false });
  kinesis.server.createStream("orders", { shards: 4 });
  const client = new KinesisClient(kinesis.server.connection);
  const put = (key: string, text: string) =>
    client.putRecord({
      StreamName: "orders",
      PartitionKey: key,
      Data: new TextEncoder().encode(text),
    });
  await put("early", "ERROR before");
  let isWritten = false;
  const { code, lines } = await kinesis.run(
    ["tail", "orders", "--grep", "^error \\d", "-i", "-n", "8"],
    {
      async onProgress(text) {
        assertEquals(text, "Waiting for values of orders");
        if (isWritten) return;
        isWritten = true;
        for (let i = 0; i < 10; i++) {
          await put(`k${i}`, `fine ${i}`);
          await put(`k${i}`, `Error ${i}`);
        }
      },
    },
  );
  assertEquals([code, lines.length], [0, 8]);
  assert(lines.every((line) => /^Error \d$/.test(line)), lines.join());
  const shards = kinesis.server.records("orders").map((it) => it.shardId);
  assertEquals(new Set(shards).size, 4);
});

Deno.test("tail reads from a time to a time, and from an age", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("orders");
  const times: string[] = [];
  for (const text of ["one", "two", "three"]) {
    server.advance(60_000);
    times.push(new Date(server.now()).toISOString());
    await write(kinesis, "orders", processors.string(), [text]);
  }
  server.advance(60_000);
  const span = await kinesis.run(
    ["tail", "orders", "--from", times[1]!, "--until", times[2]!],
  );
  assertEquals([span.code, span.lines], [0, ["two"]]);
  // The clock of the server is four minutes ahead of the clock of the command.
  const age = await kinesis.run(["tail", "orders", "--from=0s", ...ALL]);
  assertEquals([age.code, age.lines], [0, ["one", "two", "three"]]);
  const oldest = await kinesis.run(
    ["tail", "orders", "--from=trim-horizon", "-n2"],
  );
  assertEquals([oldest.code, oldest.lines], [0, ["one", "two"]]);
});

Deno.test("tail ends with 0 if the reader of its output has gone, and with 130 at Ctrl-C", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  await write(kinesis, "orders", processors.json(), [1, 2, 3]);
  const gone = await kinesis.run(["tail", "orders", "--from=oldest"], {
    lines: 2,
  });
  assertEquals([gone.code, gone.lines], [0, ["1", "2"]]);
  const stop = new AbortController();
  const stopped = await kinesis.run(["tail", "orders", "--from=oldest"], {
    signal: stop.signal,
    onLine: (line) => line === "3" && stop.abort(),
  });
  assertEquals([stopped.code, stopped.lines], [130, ["1", "2", "3"]]);
  const waiting = new AbortController();
  const idle = await kinesis.run(["tail", "orders"], {
    signal: waiting.signal,
    onProgress: () => waiting.abort(),
  });
  assertEquals([idle.code, idle.lines], [130, []]);
});

// Other systems have no such shell.
if (Deno.build.os !== "windows") {
  Deno.test("tail into a pipe to head ends with 0, without an error", async () => {
    await using kinesis = new CommandKinesis();
    kinesis.server.createStream("orders");
    // More than a pipe holds.
    const values = Array.from({ length: 40 }, () => "x".repeat(10_000));
    await write(kinesis, "orders", processors.kplJson(), values);
    const child = kinesis.spawn("tail", "orders", "--from=oldest");
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr], [0, ""]);
    const some = await kinesis.run("tail", "orders", "--from=oldest", "-n3");
    assertEquals([some.code, linesOf(some.out).length], [0, 3]);
  });
}

Deno.test("tail says what is wrong", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const cases: [string[], number, RegExp][] = [
    [["tail"], 2, /missing required argument 'stream'/],
    [["tail", "orders", "-n", "0"], 2, /1 or more/],
    [["tail", "orders", "--from=soon"], 2, /oldest, latest, a time such as/],
    [["tail", "orders", "--from=5"], 2, /an age such as 15m/],
    [["tail", "orders", "--until=2026-13-01"], 2, /caught-up, a time such as/],
    [["tail", "orders", "--from=1h", "--until=2h"], 2, /must be later than/],
    [["tail", "orders", "--grep=("], 2, /Invalid regular expression/],
    [["tail", "orders", "--ignore-case"], 2, /needs --grep/],
    [["tail", "orders", "--processor=xml"], 2, /"xml" is none of json, jsonL/],
    [["tail", "orders", "--processor=json+xml"], 2, /framings single, newline/],
    [["tail", "orders", "--processor=gzip(deflateRaw(json))"], 2, /is none of/],
    [["tail", "none"], 1, /Stream none under account \d+ not found/],
  ];
  for (const [args, code, message] of cases) {
    const result = await kinesis.run(args);
    assertMatch(result.notes, message);
    assertEquals([result.code, result.lines], [code, []], args.join(" "));
    assert(!result.notes.includes("    at "), result.notes);
  }
  const help = await kinesis.run(["tail", "--help"]);
  assertMatch(help.lines.join("\n"), /\nExamples:\n {2}\$ kinesis tail /);
});
