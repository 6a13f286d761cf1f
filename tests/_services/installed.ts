/**
 * Whether a program that a test needs is there.
 *
 * @module
 */

/**
 * Whether a command is on the path, for `Deno.test({ ignore: !isInstalled("redis-server"), … })`. With `KINESIS_CI=1` in the
 * environment a missing one throws: there nothing may be skipped silently.
 */
export function isInstalled(
  command: string,
  getEnv: (name: string) => string | undefined = (name) => Deno.env.get(name),
): boolean {
  const folders = (getEnv("PATH") ?? "").split(":").filter(Boolean);
  const found = folders.some((folder) => isFile(`${folder}/${command}`));
  if (!found && getEnv("KINESIS_CI") === "1") {
    throw new Error(
      `Cannot run tests as "${command}" is not installed and KINESIS_CI=1 asks for all of them`,
    );
  }
  return found;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
