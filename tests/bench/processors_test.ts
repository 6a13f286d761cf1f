/**
 * The benchmark of the processors: its command line, and its check of what arrives.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { runBenchmark } from "../../bench/processors/main.ts";
import { personOf } from "../../bench/processors/data.ts";
import { arrivedOf } from "../../bench/processors/digest.ts";
import { measure } from "../../bench/processors/measure.ts";
import {
  type Result,
  runOnFakeTerminal,
  type Surroundings,
} from "../cli/_fake_terminal.ts";

function run(line: string, around?: Surroundings): Promise<Result> {
  const args = [...line.split(" "), "--no-python"];
  return runOnFakeTerminal((terminal) => runBenchmark(args, terminal), around);
}

Deno.test("bench:processors --dry-run counts the records and bytes of each processor", async () => {
  const { code, lines } = await run(
    "--dry-run --records 200 --processors json,kplJson --json",
  );
  assertEquals(code, 0);
  const [json, kplJson] = lines.map((line) => JSON.parse(line));
  assertEquals(lines.length, 2);
  assertEquals(
    [json.processor, json.client, json.values, json.records, json.payloadUnits],
    ["json", "ours", 200, 200, 200],
  );
  assertEquals(json.bytes, 200 * 996);
  // 200 KB in aggregates of up to 51 200 bytes, each of up to three units of 25 KiB.
  assertEquals([kplJson.records, kplJson.payloadUnits], [4, 8]);
});

Deno.test("bench:processors writes to the server, reads back and prints a table", async () => {
  const { code, lines, notes, progress } = await run(
    "--records 300 --record-size-kb 0.5 --processors jsonLines --markdown " +
      "--max-record-bytes 50000",
  );
  assertEquals([code, notes.split("\n").length], [0, 1]);
  assertMatch(notes, /^run 1 of 1, jsonLines, ours: \d+\.\d s, \d+ values\/s$/);
  assertMatch(progress[0]!, /^run 1 of 1, jsonLines, ours \[-{20}\] 0 %$/);
  assertMatch(lines[0]!, /^deno task bench:processors --records 300 /);
  assertMatch(lines[1]!, /@webstreams\/kinesis .* on Deno /);
  const [head, , row] = lines.slice(3).map((line) =>
    line.split("|").map((cell) => cell.trim())
  );
  const cell = (column: string) => row![head!.indexOf(column)];
  assertEquals(lines.length, 6);
  assertEquals([cell("Processor"), cell("Client")], ["jsonLines", "ours"]);
  assertEquals(cell("Values"), "300");
  // 147 KB in records of up to 50 000 bytes. A slow machine may send a record before it is full.
  const records = Number(cell("Kinesis records"));
  assert(records >= 3 && records < 100, `${records}`);
  assert(Number(cell("PUT payload units")) >= 6);
});

Deno.test("bench:processors prints what is measured when Ctrl-C ends it", async () => {
  const stop = new AbortController();
  const { code, lines } = await run(
    "--dry-run --records 10 --processors string,json --json",
    {
      signal: stop.signal,
      onProgress: (text) => text.startsWith("run 2 of 2") && stop.abort(),
    },
  );
  assertEquals(code, 130);
  assertEquals(lines.map((line) => JSON.parse(line).processor), ["string"]);
});

Deno.test("bench:processors says which option is wrong and what is allowed", async () => {
  for (
    const [line, why] of [
      ["--processors json,xml", /"xml" is no processor.*string, json,/],
      ["--records 0", /--records.*whole number, from 1 /],
      ["--record-size-kb 2000", /--record-size-kb.*at most 1000/],
      ["--json --markdown", /cannot be used with option '--markdown'/],
      ["--fast", /unknown option '--fast'/],
      ["json", /too many arguments/],
    ] as const
  ) {
    const { code, lines, notes } = await run(line);
    assertEquals([code, lines], [2, []], line);
    assertMatch(notes, why);
  }
  const { code, lines } = await run("--help");
  assertEquals(code, 0);
  assert(lines[0]!.includes("--dry-run"));
});

Deno.test("measure rejects if values are missing or changed, or the client ends", async () => {
  const values = [0, 1].map((number) => personOf(number, 1));
  const arrived = arrivedOf(values);
  const swapped = arrivedOf(values.toReversed());
  assertEquals(swapped, { ...arrived, outOfOrder: 1 });
  const changed = arrivedOf([values[0]!, { ...values[1]!, city: "Rome" }]);
  const done = (what: unknown) =>
    `console.log("ready {}\\ndone", ${JSON.stringify(JSON.stringify(what))})`;
  const measured = (code: string) =>
    measure({
      contender: {
        name: "fake",
        command: { program: Deno.execPath(), args: ["eval", code] },
      },
      processor: "json",
      file: "",
      maxRecordBytes: undefined,
      expected: arrived,
      service: undefined,
      signal: new AbortController().signal,
      onStart: () => {},
      onProgress: () => {},
    });
  assertEquals((await measured(done(swapped))).outOfOrder, 1);
  for (
    const [code, why] of [
      [done(arrivedOf(values.slice(1))), "of 2 values 1 arrived"],
      [done(changed), "are not those that were sent"],
      ["throw new Error('no memory')", "no memory"],
    ] as const
  ) {
    await assertRejects(() => measured(code), Error, why);
  }
});
