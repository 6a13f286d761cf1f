import { assert, assertEquals, assertMatch } from "@std/assert";
import { replay } from "../../testing/mod.ts";
import { string } from "../../processors/mod.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";
import { captureOf, inFolder, putAll, textOf, textsByKey } from "./_copied.ts";

/** 200 records of 20 keys. */
const VALUES = Array.from(
  { length: 200 },
  (_, n) => [`key-${n % 20}`, `value ${n}`] as const,
);

Deno.test("copy writes a stream to a capture and back to another stream, in the order of each key", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 3 });
  kinesis.server.createStream("copy", { shards: 2 });
  await putAll(kinesis, "orders", VALUES);
  await inFolder(async (folder) => {
    const file = `${folder}/hour.capture`;
    const out = await kinesis.run(["copy", "orders", file]);
    assertEquals([out.code, out.lines, out.notes], [
      0,
      ["200 copied, 0 refused"],
      "",
    ]);
    const { stream, shards, records } = await captureOf(file);
    assertEquals([stream, shards.length, records.length], ["orders", 3, 200]);
    const back = await kinesis.run(["copy", file, "copy", "--json"]);
    assertEquals([back.code, back.lines, back.notes], [
      0,
      ['{"copied":200,"refused":0,"leftOut":0,"complete":true}'],
      "",
    ]);
    assertEquals(
      textsByKey(kinesis, "copy"),
      textsByKey(kinesis, "orders"),
    );
    // replay() plays the file for a handler.
    const seen = new Set<string>();
    await replay(await captureOf(file), async ({ value }, { io }) => {
      await io(() => seen.add(value));
    }, { seed: 1, processor: string() });
    assertEquals(seen.size, 200);
    // A file is not replaced by mistake.
    const again = await kinesis.run(["copy", "orders", file]);
    assertEquals(again.code, 1);
    assertMatch(again.notes, /exists already: give --overwrite, or another/);
    const over = await kinesis.run(["copy", "orders", file, "--overwrite"]);
    assertEquals(over.code, 0);
  });
});

Deno.test("copy copies a stream into another region, bounded by time", async () => {
  await using kinesis = new FakeTerminalKinesis();
  await using other = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("orders");
  // Emulators have the same ARNs. The time of the creation tells that it is another stream.
  other.server.advance(1);
  other.server.createStream("orders");
  const times: string[] = [];
  for (const text of ["one", "two", "three"]) {
    server.advance(60_000);
    times.push(new Date(server.now()).toISOString());
    await putAll(kinesis, "orders", [["k", text]]);
  }
  const span = ["--from", times[1]!, "--until", times[2]!];
  const place = ["--to-endpoint", other.endpoint, "--to-region=eu-west-1"];
  const { code, lines } = await kinesis.run(
    ["copy", "orders", "orders", ...place, ...span],
  );
  assertEquals([code, lines], [0, ["1 copied, 0 refused"]]);
  assertEquals(textsByKey(other, "orders"), { k: ["two"] });
  await inFolder(async (folder) => {
    const [all, part] = [`${folder}/all`, `${folder}/part`];
    await kinesis.run(["copy", "orders", all]);
    const cut = await kinesis.run(["copy", all, part, ...span]);
    assertEquals([cut.code, cut.lines], [0, ["1 copied, 0 refused"]]);
    const { records } = await captureOf(part);
    assertEquals(records.map(({ data }) => textOf(data)), ["two"]);
  });
});

Deno.test("copy goes on where a copy has ended early", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 2 });
  kinesis.server.createStream("copy");
  await putAll(kinesis, "orders", VALUES);
  await inFolder(async (folder) => {
    const file = `${folder}/hour.capture`;
    await kinesis.run(["copy", "orders", file]);
    const first = await kinesis.run(["copy", file, "copy", "-n", "70"]);
    assertEquals([first.code, first.lines, first.notes], [
      0,
      ["70 copied, 0 refused"],
      "Stopped after 70 records. To go on, give --skip 70",
    ]);
    const rest = await kinesis.run(["copy", file, "copy", "--skip", "70"]);
    assertEquals([rest.code, rest.lines], [0, ["130 copied, 0 refused"]]);
    assertEquals(textsByKey(kinesis, "copy"), textsByKey(kinesis, "orders"));
  });
  const some = await kinesis.run(["copy", "orders", "copy", "-n1", "--json"]);
  const [summary] = some.lines.map((line) => JSON.parse(line));
  assertEquals([summary.copied, summary.complete], [1, false]);
  kinesis.server.createStream("rest");
  const more = await kinesis.run(
    ["copy", "orders", "rest", "--from", summary.from],
  );
  // The other shard was not read at all, so all its records come again.
  assertEquals([more.code, more.lines], [0, ["200 copied, 0 refused"]]);
});

Deno.test("copy stores what it has read after Ctrl-C, and says how to go on", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  kinesis.server.createStream("copy");
  await putAll(kinesis, "orders", VALUES);
  const stop = new AbortController();
  kinesis.onRequest = (action) => {
    if (action === "PutRecords") stop.abort();
  };
  const { code, lines, notes, leftovers } = await kinesis.run(
    ["copy", "orders", "copy", "--until", "never"],
    { signal: stop.signal },
  );
  assertEquals(code, 130);
  const [, count] = notes.match(
    /^Stopped after (\d+) records. To go on, give --from 20\S+Z; some/,
  )!;
  assertEquals(lines, [`${count} copied, 0 refused`]);
  assertEquals(kinesis.server.records("copy").length, Number(count));
  assertMatch(leftovers!, /^0 records not acknowledged/);
});

Deno.test("copy writes records that the destination refuses to --bad, and copies the others", async () => {
  await using kinesis = new FakeTerminalKinesis({ limits: false });
  kinesis.server.createStream("large", { maxRecordSizeInKiB: 2_048 });
  kinesis.server.createStream("small");
  await putAll(kinesis, "large", [
    ["k", "one"],
    ["k", "x".repeat(1_500_000)],
    ["k", "two"],
  ]);
  await inFolder(async (folder) => {
    const bad = `${folder}/bad.capture`;
    const { code, lines, notes } = await kinesis.run(
      ["copy", "large", "small", "--bad", bad],
    );
    assertEquals([code, lines], [1, ["2 copied, 1 refused"]]);
    assertMatch(notes, /^record \d+ of shardId-000000000000: .* 1048576/);
    assertMatch(notes, /error: 1 record was not copied: see .*bad.capture$/);
    assertEquals(textsByKey(kinesis, "small"), { k: ["one", "two"] });
    const { stream, records } = await captureOf(bad);
    assertEquals([stream, records.length], ["large", 1]);
    // After a repair, the file of the bad records is a source.
    kinesis.server.createStream("wide", { maxRecordSizeInKiB: 2_048 });
    const again = await kinesis.run(["copy", bad, "wide"]);
    assertEquals([again.code, again.lines], [0, ["1 copied, 0 refused"]]);
  });
});

Deno.test("copy ends when the destination takes nothing more, and says from where to go on", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  kinesis.server.createStream("copy");
  await putAll(kinesis, "orders", VALUES);
  let requests = 0;
  kinesis.onRequest = (action) => {
    if (action !== "PutRecords" || ++requests < 2) return;
    const __type = "AccessDeniedException";
    return Response.json({ __type, message: "no" }, { status: 400 });
  };
  const { code, lines, notes } = await kinesis.run(["copy", "orders", "copy"]);
  assertEquals(code, 1);
  const [, copied, refused] = lines[0]!.match(/^(\d+) copied, (\d+) refused$/)!;
  assertEquals(Number(copied) + Number(refused), 200);
  assert(Number(copied) > 0 && Number(refused) > 0);
  assertMatch(notes, /Further refused records are only counted/);
  assertMatch(notes, /To go on, give --from 20\S+Z/);
  assertMatch(notes, /records were not copied: --bad <path> keeps such/);
});

Deno.test("copy replays a capture at its pace, in the order of arrival over all shards", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("copy");
  const line = (fields: object) => JSON.stringify(fields);
  const record = (shardId: string, arrivedAt: number, text: string) =>
    line({
      ...{ type: "record", shardId, sequenceNumber: `${arrivedAt}` },
      ...{ partitionKey: shardId, arrivedAt, data: btoa(text) },
    });
  const stream = "orders";
  const input = [
    line({ format: "webstreams-kinesis-capture", version: 1, stream }),
    ...[record("a", 1_000, "1"), record("a", 4_000, "4")],
    ...[record("b", 2_000, "2"), record("b", 3_000, "3")],
    line({ type: "end", records: 4 }),
  ].join("\n") + "\n";
  await inFolder(async (folder) => {
    const file = `${folder}/hour`;
    await Deno.writeTextFile(file, input);
    const start = performance.now();
    const { code } = await kinesis.run(["copy", file, "copy", "--speed=20"]);
    assertEquals(code, 0);
    // Three seconds, twenty times as fast.
    assert(performance.now() - start >= 150);
    const all = server.records("copy").map(({ data }) => textOf(data));
    assertEquals(all, ["1", "2", "3", "4"]);
    const out = await kinesis.run(["copy", file, "-", "--speed=100"]);
    assertEquals(
      [out.code, out.notes, out.lines.join("\n").match(/"\d000"/g)],
      [0, "4 copied, 0 refused", ['"1000"', '"2000"', '"3000"', '"4000"']],
    );
  });
});

Deno.test("copy reads standard input, writes standard output, and ends with 0 if its reader has gone", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  kinesis.server.createStream("copy");
  await putAll(kinesis, "orders", VALUES);
  const out = await kinesis.run(["copy", "orders", "-"]);
  assertEquals([out.code, out.notes], [0, "200 copied, 0 refused"]);
  const input = out.lines.join("\n") + "\n";
  const back = await kinesis.run(["copy", "-", "copy"], { input });
  assertEquals([back.code, back.lines], [0, ["200 copied, 0 refused"]]);
  assertEquals(textsByKey(kinesis, "copy"), textsByKey(kinesis, "orders"));
  const gone = await kinesis.run(["copy", "orders", "-"], { lines: 0 });
  assertEquals([gone.code, gone.lines, gone.notes], [0, [], ""]);
  const stop = new AbortController();
  async function* hanging() {
    yield new TextEncoder().encode(input.slice(0, 2_000));
    setTimeout(() => stop.abort(), 20);
    await new Promise(() => {});
  }
  const stopped = await kinesis.run(["copy", "-", "copy"], {
    input: hanging(),
    signal: stop.signal,
  });
  assertEquals(stopped.code, 130);
  assertMatch(
    stopped.notes,
    /^Stopped after \d+ records. To go on, give --skip/,
  );
  const cut = await kinesis.run(["copy", "-", "copy"], {
    input: input.slice(0, -30),
  });
  assertEquals(cut.code, 1);
  assertMatch(cut.notes, /error: .* its end is missing after/);
});

const REFUSED: [string[], number, RegExp][] = [
  [["orders", "orders"], 2, /the same stream: it would be copied onto itself/],
  [["orders", "none"], 1, /none .*not found.* give \.\/none$/],
  [["orders", "copy", "--speed=2"], 2, /--speed needs a file as the source/],
  [["-", "copy", "--speed=2"], 2, /--speed needs a file/],
  [["orders", "copy", "--skip=2"], 2, /--skip needs a capture/],
  [["file:x", "copy", "--from=latest"], 2, /--from latest needs a stream/],
  [["file:x", "copy", "--until=never"], 2, /--until never needs a stream/],
  [["orders", "./x", "--bad=y"], 2, /--bad needs a stream as the destination/],
  [["orders", "./x", "--to-region=a"], 2, /--to-region needs a stream/],
  [["orders", "copy", "--overwrite"], 2, /--overwrite needs a file/],
  [["file:no-file", "copy"], 1, /Cannot read no-file/],
  [["orders", "./no/file"], 1, /Cannot write \.\/no\/file/],
  [["orders", "copy", "--from=2h", "--until=3h"], 2, /must be later than/],
  [["orders", "copy", "--rate=0"], 2, /must be a number above 0/],
  [["./README.md", "copy"], 1, /line 1 is no header/],
];

Deno.test("copy refuses arguments that do not fit together", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  kinesis.server.createStream("copy");
  for (const [args, code, message] of REFUSED) {
    const result = await kinesis.run(["copy", ...args]);
    assertEquals(result.code, code, args.join(" "));
    assertMatch(result.notes, message);
  }
});
