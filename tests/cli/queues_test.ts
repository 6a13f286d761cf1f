import { assert, assertEquals, assertMatch } from "@std/assert";
import { CommandKinesis, linesOf } from "./_kinesis.ts";

Deno.test("cli creates, lists and deletes a queue, as text and as JSON", async () => {
  await using kinesis = new CommandKinesis();
  kinesis.server.createStream("orders", { mode: "ON_DEMAND" });
  const created = await kinesis.run(
    "queues",
    "create",
    "invoices",
    "--stream=orders",
    "--from=oldest",
    "--max-receives=3",
  );
  assertEquals([created.code, created.err], [0, ""]);
  const arn = created.out.trim();
  assertMatch(arn, /^arn:aws:kinesis:us-east-1:\d{12}:queue\/\S+$/);
  const [text, json] = await Promise.all([
    kinesis.run("queues", "list", "--stream=orders"),
    kinesis.run("--json", "queues", "list"),
  ]);
  assertMatch(linesOf(text.out)[0]!, /^NAME +STATUS +STREAM +CREATED +ARN$/);
  assertMatch(linesOf(text.out)[1]!, /^invoices +ACTIVE +orders .*queue/);
  const { name, status, stream } = JSON.parse(json.out);
  assertEquals([name, status, stream], ["invoices", "ACTIVE", "orders"]);
  const asked = await kinesis.run("queues", "delete", "invoices");
  assertEquals(asked.code, 1);
  assert(asked.err.includes("--yes"), asked.err);
  const deleted = await kinesis.run("queues", "delete", arn, "--yes");
  assertEquals(deleted.code, 0);
  const none = await kinesis.run("queues", "list");
  assertEquals([none.code, none.out], [0, ""]);
  assert(none.err.includes("There are no queues"), none.err);
});

Deno.test("cli prints the values of a queue, gives them back or removes them, and redrives dead letters", async () => {
  await using kinesis = new CommandKinesis();
  const { server } = kinesis;
  server.createStream("orders", { mode: "ON_DEMAND" });
  const { queueARN } = server.createQueue("orders", {
    name: "invoices",
    maxReceiveCount: 1,
  });
  await kinesis.put("orders", '{"id":1}', '{"id":2}', '{"id":30}', "\xff");
  const stay = await kinesis.run("queues", "tail", "invoices");
  assertEquals(stay.code, 2);
  assert(stay.err.includes("--peek"), stay.err);
  assertEquals(server.queue(queueARN).visible.length, 4);

  // Delivered once without an acknowledgement: dead letters.
  const peeked = await kinesis.run(
    "queues",
    "tail",
    "invoices",
    "--peek",
    "-n4",
  );
  assertEquals(peeked.code, 0, peeked.err);
  assertEquals(linesOf(peeked.out).sort(), [
    "base64:/w==",
    '{"id":1}',
    '{"id":2}',
    '{"id":30}',
  ]);
  // What is given back is visible when no poll of the command can be answered any more.
  server.advance(5_000);
  assertEquals(server.queue(queueARN).deadLetters.length, 4);

  const some = await kinesis.run(
    "queues",
    "redrive",
    "invoices",
    "--yes",
    "--grep=30",
  );
  assertEquals(some.out, "1 restored, 3 kept, 0 failed\n");
  const rest = await kinesis.run(
    "--json",
    "queues",
    "redrive",
    queueARN,
    "--yes",
  );
  assertEquals(JSON.parse(rest.out), { restored: 3, kept: 0, failed: 0 });
  const taken = await kinesis.run(
    "--json",
    "queues",
    "tail",
    "invoices",
    "--acknowledge",
    "--idle=1",
  );
  assertEquals(taken.code, 0, taken.err);
  const records = linesOf(taken.out).map((line) => JSON.parse(line));
  assertEquals(records.length, 4);
  assertEquals(records[0].partitionKey, "k");
  assertEquals(records[0].id, `${records[0].recordId}-0`);
  const { visible, inFlight, deadLetters } = server.queue(queueARN);
  assertEquals(visible.length + inFlight.length + deadLetters.length, 0);
});

Deno.test("cli stops at Ctrl-C and gives back what it has, and ends with a reader that goes", async () => {
  await using kinesis = new CommandKinesis();
  const { server } = kinesis;
  server.createStream("orders", { mode: "ON_DEMAND" });
  const { queueARN } = server.createQueue("orders", { name: "invoices" });
  await kinesis.put("orders", "one");
  const child = kinesis.spawn("queues", "tail", "invoices", "--peek");
  const output = child.output();
  while (server.queue(queueARN).inFlight.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGINT");
  const { code, stdout } = await output;
  assertEquals(code, 130);
  assertEquals(new TextDecoder().decode(stdout), "one\n");
  server.advance(10_000);
  assertEquals(server.queue(queueARN).visible.length, 1);

  await kinesis.put("orders", ...Array.from({ length: 30 }, (_, i) => `${i}`));
  const gone = kinesis.spawn("queues", "tail", "invoices", "--acknowledge");
  const reader = gone.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const status = await gone.status;
  await gone.stderr.cancel();
  assertEquals(status.code, 0);
});

Deno.test("cli says what is wrong with a command, with exit code 2, and what failed with 1", async () => {
  await using kinesis = new CommandKinesis();
  kinesis.server.createStream("orders", { shards: 2 });
  const wrong: [string[], RegExp][] = [
    [["nonsense"], /unknown command 'nonsense'/],
    [["queues", "create", "q"], /--stream/],
    [["queues", "tail", "q", "--peek", "-n", "0"], /1 or more/],
    [["queues", "create", "q", "--stream=s", "--from=soon"], /oldest, latest/],
    [["queues", "redrive", "q", "--rate=-1"], /above 0/],
    [["list", "--colour"], /unknown option/],
  ];
  const failing: [string[], RegExp][] = [
    [["queues", "tail", "none", "--peek"], /no queue "none"/],
    [["describe", "none"], /ResourceNotFoundException/],
    [["queues", "create", "q", "--stream=orders"], /ON_DEMAND|on-demand/i],
  ];
  for (const [cases, code] of [[wrong, 2], [failing, 1]] as const) {
    for (const [args, message] of cases) {
      const outcome = await kinesis.run(...args);
      assertEquals([outcome.code, outcome.out], [code, ""], args.join(" "));
      assertMatch(outcome.err, message);
      assert(!outcome.err.includes("    at "), outcome.err);
    }
  }
});

Deno.test("cli lists streams and describes one", async () => {
  await using kinesis = new CommandKinesis();
  kinesis.server.createStream("orders", { shards: 4 });
  const list = await kinesis.run("list");
  assertMatch(linesOf(list.out)[1]!, /^orders +ACTIVE +PROVISIONED +2/);
  const text = await kinesis.run("describe", "orders");
  assertMatch(text.out, /open shards +4/);
  assertMatch(text.out, /shardId-000000000003 +open +25 %/);
  const json = await kinesis.run("--json", "describe", "orders", "--open");
  const { OpenShardCount, shards } = JSON.parse(json.out);
  assertEquals([OpenShardCount, shards.length], [4, 4]);
  const help = await kinesis.run("queues", "tail", "--help");
  assertEquals(help.code, 0);
  assert(help.out.includes("Examples:"), help.out);
});

// Other systems have no such device.
if (Deno.build.os === "linux") {
  Deno.test("The command line says that it cannot write its output", async () => {
    const main = new URL("../../cli/main.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        `"${Deno.execPath()}" run -A --no-check "${main}" --help > /dev/full`,
      ],
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(
      [code, /^error: Cannot write the output/m.test(text)],
      [1, true],
      text,
    );
  });
}
