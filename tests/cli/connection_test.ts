import { assertEquals, assertMatch } from "@std/assert";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

Deno.test("--endpoint and --region that cannot be used are a wrong call", async () => {
  await using kinesis = new FakeTerminalKinesis();
  for (
    const option of ["--endpoint=here", "--endpoint=ftp://a", "--region=a b"]
  ) {
    const { code, lines, notes } = await kinesis.run(["list", option]);
    assertEquals([code, lines], [2, []], option);
    assertMatch(notes, /^error: .*'(endpoint|region)' must/);
  }
});
