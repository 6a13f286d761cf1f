import { assert, assertEquals } from "@std/assert";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

const PEEK = ["queues", "tail", "invoices", "--peek", "--idle=0.1"];

/** A queue with these values. Those that were delivered once are dead letters. */
async function queueOf(...values: string[]): Promise<FakeTerminalKinesis> {
  const kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { mode: "ON_DEMAND" });
  kinesis.server.createQueue("orders", {
    name: "invoices",
    maxReceiveCount: 1,
  });
  const { code } = await kinesis.run(["put", "orders", "--processor=string"], {
    input: values.join("\n"),
  });
  assertEquals(code, 0);
  return kinesis;
}

Deno.test("queues tail --idle ends although values are held, with --peek and --dead-letters", async () => {
  await using kinesis = await queueOf("1", "2");
  const { server } = kinesis;
  const peeked = await kinesis.run(PEEK);
  assertEquals([peeked.code, peeked.notes], [0, ""]);
  assertEquals(peeked.lines.sort(), ["1", "2"]);
  server.advance(5_000);
  const letters = await kinesis.run([...PEEK, "--dead-letters"]);
  assertEquals([letters.code, letters.lines.sort()], [0, ["1", "2"]]);
});

Deno.test("queues tail --idle ends although values do not match --grep", async () => {
  await using kinesis = await queueOf("one", "two");
  const { code, lines } = await kinesis.run([
    ...["queues", "tail", "invoices", "--acknowledge", "--idle=0.1"],
    "--grep=tw",
  ]);
  assertEquals([code, lines], [0, ["two"]]);
});

Deno.test("queues tail --json has values that are JSON as JSON, with all their digits", async () => {
  await using kinesis = await queueOf('{"id":12345678901234567890}', "text");
  const { lines } = await kinesis.run([...PEEK, "--json"]);
  const values = lines.map((line) => /"value":(.*)}$/.exec(line)?.[1]).sort();
  assertEquals(values, ['"text"', '{"id":12345678901234567890}']);
  for (const line of lines) assert(JSON.parse(line).id.endsWith("-0"), line);
});

Deno.test("queues refuses options that exclude each other as a wrong call", async () => {
  await using kinesis = await queueOf("1");
  for (
    const args of [
      ["tail", "invoices"],
      ["tail", "invoices", "--peek", "--acknowledge"],
      ["create", "q", "--stream=orders", "--no-dead-letters"].concat(
        "--max-receives=3",
      ),
    ]
  ) {
    const { code, lines } = await kinesis.run(["queues", ...args]);
    assertEquals([code, lines], [2, []], args.join(" "));
  }
});

Deno.test("queues tail --peek shows more values than a consumer holds by itself", async () => {
  const numbers = Array.from({ length: 1100 }, (_, i) => `${i}`);
  await using kinesis = await queueOf(...numbers);
  const { code, lines } = await kinesis.run(PEEK);
  assertEquals([code, lines.length], [0, 1100]);
});
