import { assertEquals, assertMatch } from "@std/assert";
import { CommandKinesis } from "./_kinesis.ts";

/** Runs a command whose standard input comes from a file, as with `<` of a shell. */
async function runFrom(
  kinesis: CommandKinesis,
  path: string,
  ...args: string[]
): Promise<{ code: number; err: string }> {
  const main = new URL("../../cli/main.ts", import.meta.url).href;
  const { code, stderr } = await new Deno.Command("sh", {
    args: [
      ...["-c", 'input=$1; shift; exec "$@" < "$input"', "sh", path],
      ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check", main],
      ...[...kinesis.connection, ...args],
    ],
    env: { AWS_EC2_METADATA_DISABLED: "true" },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "put and copy refuse to overwrite the file that standard input is",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using kinesis = new CommandKinesis();
    kinesis.server.createStream("orders");
    const path = await Deno.makeTempFile({ suffix: ".jsonl" });
    try {
      await Deno.writeTextFile(path, "1\n2\n");
      const calls = [
        ["put", "orders", `--bad=${path}`],
        ["put", "orders", "--file=-", `--bad=${path}`],
        ["copy", "-", path, "--overwrite"],
        ["copy", "-", "orders", `--bad=${path}`],
      ];
      const outcomes = await Promise.all(
        calls.map((args) => runFrom(kinesis, path, ...args)),
      );
      for (const { code, err } of outcomes) {
        assertEquals(code, 2, err);
        assertMatch(err, /must be two files|the same file/);
      }
      assertEquals(await Deno.readTextFile(path), "1\n2\n");
    } finally {
      await Deno.remove(path);
    }
  },
});
