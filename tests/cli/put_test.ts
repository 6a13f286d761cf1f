import { assert, assertEquals, assertMatch } from "@std/assert";
import { CommandKinesis } from "./_kinesis.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The data of all records of a stream. */
function dataOf({ server }: FakeTerminalKinesis, stream: string): string[] {
  return server.records(stream).map(({ data }) => text(data)).sort();
}

/** Runs with the path of a file that is removed afterwards. */
async function withFile(
  content: string,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, content);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("put writes one value and prints where it is stored", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const one = await kinesis.run([
    ...["put", "orders", '{"id":12345678901234567890}', "--key", "k-1"],
  ]);
  assertEquals([one.code, one.notes], [0, ""]);
  assertMatch(one.lines[0]!, /^shardId-000000000000 \d+$/);
  const [record] = kinesis.server.records("orders");
  assertEquals(record!.partitionKey, "k-1");
  // Reading and writing the number would change its last digits.
  assertEquals(text(record!.data), '{"id":12345678901234567890}');
  const json = await kinesis.run([
    ...["put", "orders", "hello", "--processor", "string", "--json"],
  ]);
  assertEquals(Object.keys(JSON.parse(json.lines[0]!)), [
    "shardId",
    "sequenceNumber",
  ]);
  await kinesis.run(["put", "orders", '{\n"a": 1\n}', "--processor=jsonLines"]);
  assertEquals(dataOf(kinesis, "orders"), [
    "hello",
    '{ "a": 1 }\n',
    '{"id":12345678901234567890}',
  ]);
});

for (const processor of ["json", "jsonLines", "kplJson", "string"]) {
  Deno.test(`put reads lines of a file or of standard input with the processor ${processor}`, async () => {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders");
    const lines = '{"id":1}\r\n\n{"id":2}\n{"id":3}';
    const put = ["put", "orders", "--processor", processor];
    const fromInput = await kinesis.run(put, { input: lines });
    assertEquals([fromInput.code, fromInput.notes], [0, ""]);
    assertEquals(fromInput.lines, ["3 stored, 0 bad"]);
    await withFile(lines, async (path) => {
      const fromFile = await kinesis.run(
        [...put, "--key=k", "--file", path, "--json"],
      );
      assertEquals(JSON.parse(fromFile.lines[0]!), {
        stored: 3,
        bad: 0,
        lastLine: 4,
      });
    });
    const all = dataOf(kinesis, "orders").join("");
    const ids = [...all.matchAll(/\{"id":(\d)\}/g)].map(([, id]) => id);
    assertEquals(ids.sort(), ["1", "1", "2", "2", "3", "3"]);
  });
}

Deno.test("put takes the key of each value from a field", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const input = [
    '{"user":"a"}',
    '{"user":7}',
    '{"user":true}',
    "{}",
    '{"user":{}}',
    '{"user":""}',
    '{"user":12345678901234567890}',
    "[]",
  ].join("\n");
  const { code, lines, notes } = await kinesis.run(
    ["put", "orders", "--key-field=user"],
    { input },
  );
  assertEquals([code, lines], [1, ["3 stored, 5 bad"]]);
  const keys = kinesis.server.records("orders").map((it) => it.partitionKey);
  assertEquals(keys.sort(), ["7", "a", "true"]);
  assertMatch(notes, /^line 4: no field "user" for the key$/m);
  assertMatch(
    notes,
    /^line 5: field "user" is not a text, a number, true or false$/m,
  );
  assertMatch(notes, /^line 6: .*partition key/m);
  assertMatch(notes, /^line 7: .*write the key as a text$/m);
  assertMatch(notes, /^error: 5 lines were not stored: --bad <path>/m);
});

Deno.test("put writes bad lines to a file and stores the others", async () => {
  await using kinesis = new FakeTerminalKinesis({ limits: false });
  kinesis.server.createStream("orders", { maxRecordSizeInKiB: 1024 });
  const large = JSON.stringify("x".repeat(2 ** 20));
  async function* input() {
    yield new TextEncoder().encode(`1\n{"a":\n${large}\n2\n`);
    yield Uint8Array.of(0xff, 0x0a);
    // Longer than every record. Its parts are not kept.
    for (let i = 0; i < 200; i++) yield new Uint8Array(65_536).fill(0x31);
    yield new TextEncoder().encode("\n3\n");
  }
  await withFile("", async (path) => {
    const { code, lines, notes } = await kinesis.run(
      ["put", "orders", "--bad", path],
      { input: input() },
    );
    assertEquals([code, lines], [1, ["3 stored, 4 bad"]]);
    assertEquals(dataOf(kinesis, "orders"), ["1", "2", "3"]);
    assertMatch(notes, /^line 2: not valid JSON: /m);
    assertMatch(notes, /^line 3: .*1048576/m);
    assertMatch(notes, /^line 5: not UTF-8$/m);
    assertMatch(notes, /^line 6: longer than 10485760 bytes$/m);
    assert(notes.endsWith(`4 lines were not stored: see ${path}`), notes);
    const kept = await Deno.readFile(path);
    assertEquals(kept.filter((byte) => byte === 0x0a).length, 4);
    assert(text(kept).includes(`\n${large}\n`) || text(kept).startsWith(large));
  });
});

Deno.test("put describes ten bad lines and counts the others", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const { code, lines, notes } = await kinesis.run(["put", "orders"], {
    input: "no\n".repeat(1_000),
  });
  assertEquals([code, lines], [1, ["0 stored, 1000 bad"]]);
  assertEquals(notes.split("\n").length, 12);
});

Deno.test("put streams 100 000 lines, and reads no further while Kinesis does not answer", async () => {
  await using kinesis = new FakeTerminalKinesis({ limits: false });
  kinesis.server.createStream("orders", { shards: 2 });
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  kinesis.onRequest = (action) => action === "PutRecords" ? held : undefined;
  let made = 0;
  async function* input() {
    const encoder = new TextEncoder();
    while (made < 100_000) {
      let chunk = "";
      for (let i = 0; i < 1_000; i++) chunk += `{"id":${made++}}\n`;
      yield encoder.encode(chunk);
      // A source that never waits would keep the program from sending.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  let last = 0;
  let pausedAt = 0;
  const { code, lines, progress } = await kinesis.run(
    ["put", "orders", "--processor=kplJson", "--key-field=id"],
    {
      input: input(),
      onProgress() {
        if (made === last && pausedAt === 0) {
          pausedAt = made;
          release();
        }
        last = made;
      },
    },
  );
  assertEquals([code, lines], [0, ["100000 stored, 0 bad"]]);
  // The buffer of the producer has room for 50 000 values.
  assert(pausedAt > 0 && pausedAt < 60_000, `${pausedAt}`);
  assertMatch(progress[0]!, /^0 stored, 0 a second$/);
  const data = kinesis.server.records("orders");
  const ids = data.flatMap(({ data }) =>
    text(data).match(/\{"id":\d+\}/g) ?? []
  );
  assertEquals(new Set(ids).size, 100_000);
});

Deno.test("put stores what it has read after Ctrl-C, without a line that has not ended", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const stop = new AbortController();
  async function* input() {
    yield new TextEncoder().encode("1\n2\n3");
    setTimeout(() => stop.abort(), 50);
    await new Promise(() => {});
  }
  const { code, lines, notes, leftovers } = await kinesis.run(
    ["put", "orders"],
    { input: input(), signal: stop.signal },
  );
  assertEquals([code, lines], [130, ["2 stored, 0 bad"]]);
  assertEquals(notes, "Stopped after line 2: later lines were not sent");
  assertMatch(leftovers!, /^0 lines up to line 2 not acknowledged/);
  assertEquals(dataOf(kinesis, "orders"), ["1", "2"]);
});

Deno.test("put shows how much of a file is stored, and how much is left after Ctrl-C", async () => {
  await using kinesis = new FakeTerminalKinesis();
  // One shard stores 1000 records a second.
  kinesis.server.createStream("orders");
  const stop = new AbortController();
  await withFile("1\n".repeat(2_500), async (path) => {
    const { code, lines, notes, progress } = await kinesis.run(
      ["put", "orders", "--file", path],
      {
        signal: stop.signal,
        onProgress: (text) => / [1-9]\d* %/.test(text) && stop.abort(),
      },
    );
    const all = progress.join("\n");
    assertMatch(all, /^\d+ stored, \d+ a second, \d+ %, \d+ s left$/m);
    assertMatch(all, /^\d+ stored, stopping, \d+ lines? to go$/m);
    // The whole file was read before.
    assertEquals([code, lines, notes], [130, ["2500 stored, 0 bad"], ""]);
  });
});

Deno.test("put stops at once at the second Ctrl-C and says what was left", async () => {
  await using kinesis = new CommandKinesis();
  // One shard stores 1000 records a second.
  kinesis.server.createStream("orders");
  const child = kinesis.spawnWith("piped", "put", "orders");
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("1\n".repeat(20_000)));
  let hasEnded = false;
  const status = child.status.finally(() => hasEnded = true);
  const stored = () => kinesis.server.records("orders").length;
  const storesMore = async (count: number) => {
    const before = stored();
    while (stored() < before + count) {
      assert(!hasEnded, "put has ended");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await storesMore(1);
  const notes = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  child.kill("SIGINT");
  const first = await notes.read();
  assertMatch(first.value!, /^Stopping; press Ctrl-C again/);
  // `npx` and `deno task` pass on a Ctrl-C that the program has got as well.
  child.kill("SIGINT");
  await storesMore(600);
  child.kill("SIGINT");
  const second = await notes.read();
  assertMatch(
    second.value!,
    /^Stopped at once: \d+ lines up to line \d+ not acknowledged; Kinesis may/,
  );
  assertEquals((await status).code, 130);
  await notes.cancel();
  await child.stdout.cancel();
  await writer.close().catch(() => {});
});

Deno.test("put keeps the lines that it has read if the stream does not exist", async () => {
  await using kinesis = new FakeTerminalKinesis();
  await withFile("", async (path) => {
    const { code, lines, notes } = await kinesis.run(
      ["put", "none", "--bad", path],
      { input: "1\n2\n" },
    );
    assertEquals([code, lines], [1, ["0 stored, 2 bad"]]);
    assertMatch(notes, /error: .*Stream none under account \d+ not found/);
    assertEquals(await Deno.readTextFile(path), "1\n2\n");
  });
});

// Other systems have no such device.
if (Deno.build.os === "linux") {
  Deno.test("put stops if it cannot write the bad lines, and stores those before", async () => {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders");
    const { code, lines, notes } = await kinesis.run(
      ["put", "orders", "--bad=/dev/full"],
      { input: "1\nbad\n2\n" },
    );
    assertEquals([code, lines], [1, ["1 stored, 1 bad"]]);
    assertMatch(notes, /^Stopped after line 2: later lines were not sent$/m);
    assertMatch(notes, /^error: Cannot write \/dev\/full: /m);
  });
}

Deno.test("put says what is wrong", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const here = new URL(import.meta.url).pathname;
  const cases: [string[], number, RegExp][] = [
    [["put"], 2, /missing required argument 'stream'/],
    [["put", "orders", "{", "--key=k"], 2, /not valid JSON.*--processor strin/],
    [["put", "orders", "1", "--file=x"], 2, /Give either a value, or lines/],
    [["put", "orders", "1", "--key=k", "--key-field=f"], 2, /cannot be used/],
    [["put", "orders", "{}", "--key-field=f"], 2, /no field "f"/],
    [["put", "orders", "1", "--processor=xml"], 2, /Allowed choices are json/],
    [
      ["put", "orders", "1", "--processor=string", "--key-field=f"],
      2,
      /no field for --key-field/,
    ],
    [["put", "orders", `--file=${here}`, `--bad=${here}`], 2, /two files/],
    [["put", "orders", `--file=${here}/a`], 1, /Cannot read .*_test.ts\/a: /],
    [["put", "orders", `--bad=${here}/a`], 1, /Cannot write .*_test.ts\/a: /],
    [["put", "orders", "1", "--key="], 2, /partition key/i],
    [["put", "none", "1"], 1, /Stream none under account \d+ not found/],
  ];
  for (const [args, code, message] of cases) {
    const result = await kinesis.run(args);
    assertMatch(result.notes, message);
    assertEquals([result.code, result.lines], [code, []], args.join(" "));
    assert(!result.notes.includes("    at "), result.notes);
  }
  const help = await kinesis.run(["put", "--help"]);
  assertMatch(help.lines.join("\n"), /\nExamples:\n {2}\$ kinesis put /);
});
