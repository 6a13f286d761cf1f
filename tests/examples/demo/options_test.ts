import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions, UsageError } from "../../../examples/demo/options.ts";

Deno.test("parseOptions gives the defaults when there is nothing to read", () => {
  assertEquals(parseOptions([]), {
    input: undefined,
    key: undefined,
    stream: undefined,
    endpoint: undefined,
    region: undefined,
    shards: 4,
    processor: "jsonLines",
    reshard: false,
  });
});

Deno.test("parseOptions prefers help to everything else when it is asked for", () => {
  assertEquals(parseOptions(["--help"]), "help");
  assertEquals(parseOptions(["-h", "--shards", "0"]), "help");
});

Deno.test("parseOptions says what is allowed when an option cannot be used", () => {
  const cases: [string[], string][] = [
    [["--nope"], "Unknown option '--nope'"],
    [["file.jsonl"], "file.jsonl"],
    [["--shards"], "--shards"],
    [["--shards", "2.5"], "--shards 2.5: it must be 1 to 1000"],
    [["--shards", "0"], "--shards 0: it must be 1 to 1000"],
    [["--processor", "xml"], "it must be one of json, jsonLines"],
    // Not a processor, although every object has one.
    [["--processor", "toString"], "it must be one of json, jsonLines"],
    [["--stream", "a b"], "--stream a b: it must be 1 to 128"],
    [["--key", "id"], "--key without --input"],
    [["--input", "-", "--key", ""], "--key as its value is empty"],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => parseOptions(args), UsageError, message);
  }
});
