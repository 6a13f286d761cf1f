/**
 * The programs in the migration guides: code blocks of `docs/migration-from-*.md` whose first line
 * is a comment with the name of a file, such as `// put.mjs`. The tests run these blocks, so the
 * pages and the tests cannot differ.
 *
 * @module
 */
const ROOT = new URL("../../../", import.meta.url);
const BLOCK = /^```\S+.*\n(?:\/\/|#) (\S+\.[a-z]+)\n[^]*?^```$/gm;

/** The programs of a guide, by the names of their files. */
export async function programsOf(
  guide: string,
): Promise<ReadonlyMap<string, string>> {
  const page = await Deno.readTextFile(
    new URL(`docs/migration-from-${guide}.md`, ROOT),
  );
  const programs = new Map<string, string>();
  for (const [block, name] of page.matchAll(BLOCK)) {
    const lines = block.split("\n").slice(1, -1);
    if (programs.has(name!)) {
      throw new Error(`docs/migration-from-${guide}.md has two of ${name}`);
    }
    programs.set(name!, `${lines.join("\n")}\n`);
  }
  return programs;
}

/**
 * Writes the programs of a guide to a folder. Where the page uses a server in memory, they get a
 * client that the environment describes.
 */
export async function writePrograms(
  guide: string,
  folder: string,
): Promise<void> {
  const noServer = new URL("./no_server.ts", import.meta.url).href;
  for (const [name, text] of await programsOf(guide)) {
    const program = text.replaceAll("@webstreams/kinesis/testing", noServer);
    await Deno.writeTextFile(`${folder}/${name}`, program);
  }
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Starts a program with this library, also from a folder outside of the repository. */
export function deno(name: string): Command {
  const { pathname: config } = new URL("deno.json", ROOT);
  const flags = ["--quiet", "--no-check", "-A", `--config=${config}`];
  return [Deno.execPath(), "run", ...flags, name];
}

/** The variables of all programs. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_EC2_METADATA_DISABLED: "true",
  NO_COLOR: "1",
};

/** Runs a program in its folder to its end. Returns the lines of its output. */
export async function run(
  command: Command,
  options: { folder: string; env: Record<string, string> },
): Promise<string[]> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: options.folder,
    env: { ...ENVIRONMENT, ...options.env },
    stdin: "null",
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!success) throw new Error(`${command.join(" ")}\n${errors}\n${output}`);
  return output!.split("\n").slice(0, -1);
}
