/**
 * Starts a PostgreSQL server in child processes. It is not an npm package, so a machine may lack it.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { freePort } from "./service.ts";

/** A running PostgreSQL. */
export interface PostgresServer extends AsyncDisposable {
  /** The loopback port. */
  readonly port: number;
  /** For clients: `postgres://test@127.0.0.1:5432/postgres`. */
  readonly url: string;
  /** Kills the server as a crash does, and starts it again on the same port. */
  restart(): Promise<void>;
  /** Stops the server. Resolves when its port and process are closed. May be called again. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const USER = "test";
/** Where Debian has the programs of the server: not in PATH. */
const DEBIAN = "/usr/lib/postgresql";
const MISSING =
  "the server of PostgreSQL is not installed. Debian and Ubuntu have it " +
  "(apt-get install postgresql), and so has Homebrew (brew install postgresql)";

/**
 * Whether tests can start PostgreSQL. If it is missing, an ignored test says how to install it. With
 * the variable `KINESIS_CI` the answer is always yes, so tests fail where it is missing.
 */
export async function hasPostgres(): Promise<boolean> {
  if (Deno.env.get("KINESIS_CI") || await folderOfPrograms() !== undefined) {
    return true;
  }
  Deno.test.ignore(`PostgreSQL: ${MISSING}`, () => {});
  return false;
}

/** Starts a server without data on a loopback port. Resolves when it accepts connections. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = await folderOfPrograms();
  if (programs === undefined) throw new Error(MISSING);
  const directory = await Deno.makeTempDir();
  // The server refuses to run as root.
  const user = Deno.uid() === 0 ? "nobody" : undefined;
  if (user) await run("chown", [user, directory]);
  const data = `${directory}/data`;
  await run(`${programs}/initdb`, [
    ...["-D", data, "-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8"],
  ], user);
  const port = freePort();
  const start = async () => {
    const child = command(`${programs}/postgres`, [
      ...["-D", data, "-h", "127.0.0.1", "-p", `${port}`],
      ...[
        "-k",
        directory,
        "-c",
        "log_min_messages=panic",
        "-c",
        "max_connections=60",
      ],
    ], user).spawn();
    await untilReady(programs, port, child);
    return child;
  };
  let child = await start();
  let closing: Promise<void> | undefined;
  const stop = async (signal: Deno.Signal) => {
    // The signal goes to the server itself, which su or setpriv has become.
    child.kill(signal);
    await child.status;
  };
  const close = () =>
    closing ??= stop("SIGINT").then(() =>
      Deno.remove(directory, { recursive: true })
    );
  return {
    port,
    url: `postgres://${USER}@127.0.0.1:${port}/postgres`,
    async restart() {
      await stop("SIGQUIT");
      child = await start();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function folderOfPrograms(): Promise<string | undefined> {
  try {
    const versions = (await Array.fromAsync(Deno.readDir(DEBIAN)))
      .map(({ name }) => Number(name)).sort((a, b) => b - a);
    if (versions[0]) return `${DEBIAN}/${versions[0]}/bin`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    const { stdout } = await new Deno.Command("pg_config", {
      args: ["--bindir"],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

function command(
  program: string,
  args: readonly string[],
  user?: string,
): Deno.Command {
  const all = user
    ? [
      "--reuid",
      user,
      "--regid",
      "nogroup",
      "--clear-groups",
      program,
      ...args,
    ]
    : args;
  return new Deno.Command(user ? "setpriv" : program, {
    args: [...all],
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

async function run(
  program: string,
  args: readonly string[],
  user?: string,
): Promise<void> {
  const { code, stderr } = await command(program, args, user).output();
  if (code !== 0) {
    throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  }
}

async function untilReady(
  programs: string,
  port: number,
  child: Deno.ChildProcess,
): Promise<void> {
  let hasExited = false;
  child.status.then(() => hasExited = true);
  const errors = new Response(child.stderr).text();
  for (
    let waited = 0;
    waited < START_TIMEOUT_MS && !hasExited;
    waited += POLL_MS
  ) {
    const args = ["-h", "127.0.0.1", "-p", `${port}`, "-q"];
    const { code } = await new Deno.Command(`${programs}/pg_isready`, { args })
      .output();
    if (code === 0) return void errors.catch(() => {});
    await delay(POLL_MS);
  }
  if (!hasExited) child.kill("SIGKILL");
  throw new Error(`PostgreSQL does not start: ${await errors}`);
}
