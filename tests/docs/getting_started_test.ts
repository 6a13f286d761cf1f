/**
 * The programs and commands of `docs/getting-started.md`, against the server that it starts.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const GUIDE = new URL("docs/getting-started.md", ROOT);
const CONFIG = new URL("deno.json", ROOT).pathname;
const CLI = new URL("cli/main.ts", ROOT).pathname;

/** The block of code that follows the name of a file. */
function programIn(guide: string, file: string): string {
  const start = guide.indexOf(`\`${file}\``);
  const [, code] = /```ts ignore\n([\s\S]*?)```/.exec(guide.slice(start)) ?? [];
  return code!;
}

/** Runs a program to its end. Resolves with its output. */
async function run(
  cwd: string,
  env: Record<string, string>,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--config", CONFIG, ...args],
    env: { ...env, AWS_EC2_METADATA_DISABLED: "true", NO_COLOR: "1" },
    cwd,
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout).trim();
}

Deno.test("The programs of the first guide write, read, stop and go on", async () => {
  const guide = await Deno.readTextFile(GUIDE);
  const folder = await Deno.makeTempDir();
  for (const file of ["write.ts", "read.ts"]) {
    await Deno.writeTextFile(`${folder}/${file}`, programIn(guide, file));
  }
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", CLI, "serve", "--port=0"]
      .concat("--stream=orders:4"),
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = server.stdout.getReader();
  try {
    const { value } = await reader.read();
    const line = new TextDecoder().decode(value);
    const env = Object.fromEntries(
      line.trim().replace("export ", "").split(" ").map((it) => it.split("=")),
    );
    const put = async (order: string) =>
      await run(folder, env, CLI, "put", "orders", order, "--key", "ada");
    const read = async () => await run(folder, env, "read.ts");

    assertMatch(await put('{"user":"ada","total":12}'), /^shardId-\d+ \d+$/);
    assertEquals(
      await run(folder, env, CLI, "tail", "orders", "--until", "caught-up"),
      '{"user":"ada","total":12}',
    );
    assertMatch(
      await run(folder, env, "write.ts"),
      /^shardId-\d+ \d+\n10001 orders stored$/,
    );
    assertMatch(await read(), /^10002 orders, 49995019$/);
    assertMatch(await read(), /^0 orders, 0$/);
    await put('{"user":"ada","total":1}');
    assertMatch(await read(), /^1 orders, 1$/);
  } finally {
    server.kill("SIGTERM");
    await reader.cancel();
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
});
