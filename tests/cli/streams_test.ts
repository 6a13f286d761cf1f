import { assert, assertEquals, assertMatch } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

Deno.test("create makes a stream on demand or with shards, and waits if it is asked to", async () => {
  await using kinesis = new FakeTerminalKinesis({ transitionMs: 300 });
  const modeOf = async (stream: string) => {
    kinesis.server.advance(1_000);
    const { lines } = await kinesis.run(["describe", stream, "--json"]);
    return JSON.parse(lines[0]!).StreamModeDetails.StreamMode;
  };
  const orders = await kinesis.run(["create", "orders"]);
  assertEquals([orders.code, orders.notes], [0, ""]);
  assertMatch(orders.lines[0]!, /^arn:aws:kinesis:.*:stream\/orders$/);
  assertEquals(await modeOf("orders"), "ON_DEMAND");
  const logs = await kinesis.run([
    ...["--json", "create", "logs", "--shards", "3", "--wait"],
  ]);
  assertEquals(JSON.parse(logs.lines[0]!), {
    name: "logs",
    status: "ACTIVE",
    arn: orders.lines[0]!.replace("orders", "logs"),
  });
  assertEquals(await modeOf("logs"), "PROVISIONED");
  assertMatch(logs.progress[0]!, /Waiting for logs/);
  const again = await kinesis.run(["create", "logs"]);
  assertEquals([again.code, again.lines], [1, []]);
  assertMatch(again.notes, /^error: .*ResourceInUseException/);
});

Deno.test("delete asks on a terminal, and refuses without --yes elsewhere", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  const arn = server.createStream("orders").streamARN;
  server.createStream("logs");
  const refused = await kinesis.run(["delete", "orders"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.notes, /There is no terminal.*--yes/);
  const no = await kinesis.run(["delete", "orders"], { answer: false });
  assertEquals([no.code, no.notes], [1, "error: Nothing was changed"]);
  assertMatch(no.questions[0]!, /^Delete the stream orders with all .*\?$/);
  const yes = await kinesis.run(["delete", "orders"], { answer: true });
  assertEquals([yes.code, yes.notes], [0, `Deleted ${arn}`]);
  const json = await kinesis.run(["--json", "delete", "logs", "--yes"]);
  assertEquals(json.questions, []);
  assertEquals(json.lines, [
    JSON.stringify({ deleted: arn.replace("orders", "logs") }),
  ]);
  const none = await kinesis.run(["delete", "none"], { answer: true });
  assertEquals([none.code, none.questions], [1, []]);
  assertMatch(none.notes, /ResourceNotFoundException/);
});

Deno.test("delete refuses a stream with registered consumers without --with-consumers", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { streamARN } = kinesis.server.createStream("orders");
  await new KinesisClient(kinesis.server.connection).registerStreamConsumer({
    StreamARN: streamARN,
    ConsumerName: "app",
  });
  const refused = await kinesis.run(["delete", streamARN, "--yes"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.notes, /ResourceInUseException/);
  const deleted = await kinesis.run(
    ["delete", streamARN, "--yes", "--with-consumers"],
  );
  assertEquals([deleted.code, deleted.notes], [0, `Deleted ${streamARN}`]);
});

Deno.test("reshard shows the progress until the stream is ACTIVE with the new number of shards", async () => {
  await using kinesis = new FakeTerminalKinesis({ transitionMs: 200 });
  kinesis.server.createStream("orders", { shards: 2 });
  kinesis.server.advance(1_000);
  const more = await kinesis.run(["reshard", "orders", "--shards=4"]);
  assertEquals([more.code, more.notes], [0, ""]);
  assertEquals(more.lines, ["orders has 4 open shards, 2 before"]);
  assertMatch(more.progress[0]!, /^UPDATING: \d of 4 open shards, 0 s$/);
  const same = await kinesis.run(["--json", "reshard", "orders", "--shards=4"]);
  assertEquals(same.lines, ['{"stream":"orders","from":4,"to":4}']);
});

Deno.test("reshard goes on without the command after Ctrl-C", async () => {
  await using kinesis = new FakeTerminalKinesis({ transitionMs: 60_000 });
  kinesis.server.createStream("orders", { shards: 2 });
  kinesis.server.advance(60_000);
  const stop = new AbortController();
  const stopped = await kinesis.run(["reshard", "orders", "--shards=1"], {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  assertEquals([stopped.code, stopped.lines], [130, []]);
  assertEquals(stopped.notes, "Kinesis goes on to change orders to 1 shard");
});

Deno.test("The commands that change streams say what is wrong", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 3 });
  kinesis.server.createStream("free", { mode: "ON_DEMAND" });
  const cases: [string[], number, RegExp][] = [
    [["create"], 2, /missing required argument 'name'/],
    [["create", "a", "--shards=0"], 2, /1 or more/],
    [["create", "a", "--shards=2", "--on-demand"], 2, /cannot be used with/],
    [["create", "a b"], 1, /ValidationException/],
    [["reshard", "orders"], 2, /--shards <count>' not specified/],
    [["reshard", "none", "--shards=1"], 1, /ResourceNotFoundException/],
    [["reshard", "orders", "--shards=9"], 1, /2 to 6: first give --shards 6/],
    [["reshard", "orders", "--shards=1"], 1, /2 to 6: first give --shards 2/],
    [["reshard", "free", "--shards=2"], 1, /free is on demand/],
  ];
  for (const [args, code, message] of cases) {
    const result = await kinesis.run(args);
    assertEquals([result.code, result.lines], [code, []], args.join(" "));
    assertMatch(result.notes, message);
    assert(!result.notes.includes("    at "), result.notes);
  }
  for (const command of ["create", "delete", "reshard"]) {
    const help = await kinesis.run([command, "--help"]);
    assertEquals(help.code, 0);
    const text = help.lines.join("\n");
    assertMatch(text, /\nExamples:\n {2}\$ kinesis /);
    assertMatch(text, /\nGlobal Options:\n(.*\n)* {2}--json /);
  }
});

Deno.test("describe shows the hash keys and the parents of each shard", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("orders", { shards: 2 });
  const client = new KinesisClient(server.connection);
  await client.splitShard({
    StreamName: "orders",
    ShardToSplit: "shardId-000000000001",
    NewStartingHashKey: `${3n * 2n ** 126n}`,
  });
  const all = await kinesis.run(["describe", "orders"]);
  const rows = all.lines.slice(all.lines.indexOf("") + 2)
    .map((line) => line.replace(/shardId-0+(?=\d)/g, "").split(/ {2,}/));
  assertEquals(rows, [
    ["0", "open", "50 %", "00000000-7fffffff", "-"],
    ["1", "closed", "50 %", "80000000-ffffffff", "-"],
    ["2", "open", "25 %", "80000000-bfffffff", "1"],
    ["3", "open", "25 %", "c0000000-ffffffff", "1"],
  ]);
  server.advance(1_000);
  const json = await kinesis.run(["describe", "orders", "--open", "--json"]);
  const { shards } = JSON.parse(json.lines[0]!);
  assertEquals(shards.length, 3);
  assertEquals(shards[0].startingHashKey, "0");
  assertEquals(shards[2].endingHashKey, `${2n ** 128n - 1n}`);
});

Deno.test("describe --sample shows what is written to each open shard meanwhile", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("orders", { shards: 2 });
  const client = new KinesisClient(server.connection);
  let reads = 0;
  kinesis.onRequest = async (action) => {
    // The shard has its iterator by now.
    if (action !== "GetRecords" || reads++ > 0) return;
    await client.putRecords({
      StreamName: "orders",
      Records: Array.from({ length: 100 }, () => ({
        PartitionKey: "k",
        ExplicitHashKey: "0",
        Data: new Uint8Array(999),
      })),
    });
  };
  const { code, lines, progress } = await kinesis.run([
    ...["--json", "describe", "orders", "--sample", "1500ms"],
  ]);
  assertEquals(code, 0);
  const [first, second] = JSON.parse(lines[0]!).shards;
  assert(first.recordsPerSecond > 20, `${first.recordsPerSecond}`);
  // Quotients by the same time, of which each is rounded.
  const recordBytes = first.bytesPerSecond / first.recordsPerSecond;
  assert(Math.abs(recordBytes - 1000) < 1e-6, `${recordBytes} bytes`);
  assertEquals(second.recordsPerSecond, 0);
  assertMatch(progress[0]!, /^Reading the shards: 2 s left$/);
});
