/**
 * Starts `redis-server` in child processes. It is not an npm package, so a machine may lack it.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { freePort } from "./service.ts";

/** Options of {@linkcode startRedis}. */
export interface RedisOptions {
  /** The port. Default: a free one. */
  port?: number;
  /** The folder of the files of the server. Default: a new one, which `close` removes. */
  directory?: string;
  /** More settings, such as `["--maxmemory", "2mb"]`. Default: nothing is stored on the disk. */
  settings?: readonly string[];
}

/** A running `redis-server`. */
export interface RedisServer extends AsyncDisposable {
  /** The loopback port. */
  readonly port: number;
  /** For clients: `redis://127.0.0.1:6379`. */
  readonly url: string;
  /** The process, for tests that stop it for a while. */
  readonly pid: number;
  /** Kills the server. Resolves when its port and process are closed. May be called again. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 5;
const ATTEMPTS = 3;

const MISSING = "redis-server is not installed. Debian and Ubuntu have it " +
  "(apt-get install redis-server), and so has Homebrew (brew install redis)";

/**
 * Whether tests can start `redis-server`. If it is missing, an ignored test says how to install it.
 * With the variable `KINESIS_CI` the answer is always yes, so tests fail where it is missing.
 */
export async function hasRedis(): Promise<boolean> {
  if (Deno.env.get("KINESIS_CI")) return true;
  try {
    const args = ["--version"];
    await new Deno.Command("redis-server", { args, stdout: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.test.ignore(`Redis: ${MISSING}`, () => {});
    return false;
  }
}

/** Starts a server without data on a loopback port. Resolves when it accepts connections. */
export async function startRedis(
  options: RedisOptions = {},
): Promise<RedisServer> {
  const directory = options.directory ?? await Deno.makeTempDir();
  for (let attempt = 1;; attempt++) {
    try {
      return await startOnce(options, directory);
    } catch (error) {
      // Another process may have taken a free port before the server could bind it.
      const mayRetry = error instanceof ExitedError && attempt < ATTEMPTS &&
        options.port === undefined;
      if (mayRetry) continue;
      if (!options.directory) await Deno.remove(directory, { recursive: true });
      throw error;
    }
  }
}

class ExitedError extends Error {}

async function startOnce(
  options: RedisOptions,
  directory: string,
): Promise<RedisServer> {
  const port = options.port ?? freePort();
  const child = spawn(port, directory, options.settings ?? []);
  const output = new Response(child.stdout).text();
  const exited = child.status;
  let hasExited = false;
  exited.then(() => hasExited = true);
  let closing: Promise<void> | undefined;
  const stop = async () => {
    if (!hasExited) child.kill("SIGKILL");
    await Promise.all([exited, output]);
    if (!options.directory) await Deno.remove(directory, { recursive: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!await accepts(port)) {
    if (hasExited) {
      throw new ExitedError(`redis-server has exited: ${await output}`);
    }
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      await exited;
      throw new Error(`redis-server does not answer: ${await output}`);
    }
    await delay(POLL_MS);
  }
  const close = () => closing ??= stop();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function spawn(
  port: number,
  directory: string,
  settings: readonly string[],
): Deno.ChildProcess {
  try {
    return new Deno.Command("redis-server", {
      args: [
        ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", directory],
        ...["--save", "", "--appendonly", "no", "--loglevel", "warning"],
        ...settings,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot start Redis: ${MISSING}`, { cause: error });
  }
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
