/**
 * Programs in child processes, whose lines of output a test reads.
 *
 * @module
 */
import { deadline } from "@std/async/deadline";

/** After this time without the line that a test waits for, it fails, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** Options of a {@linkcode Program}. */
export interface ProgramOptions {
  /** The arguments of `deno run`, beginning with the permissions. */
  readonly args: readonly string[];
  /** Variables, beside those that every program has. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #changes: (() => void)[] = [];
  readonly #lines: string[] = [];
  #hasEnded = false;

  /** Starts the program. */
  constructor({ args, env }: ProgramOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--unstable-kv", ...args],
      env: { AWS_EC2_METADATA_DISABLED: "true", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reading = this.#read();
  }

  /** The lines of output so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves with the output so far, when that is as wanted. */
  async until(
    isEnough: (lines: readonly string[]) => boolean,
  ): Promise<readonly string[]> {
    const arrived = (async () => {
      while (!isEnough(this.#lines)) {
        if (this.#hasEnded) {
          throw new Error(`The program has ended: ${this.#lines.join("\n")}`);
        }
        await new Promise<void>((go) => this.#changes.push(go));
      }
      return this.#lines;
    })();
    return await deadline(arrived, LONGEST_WAIT_MS);
  }

  /** Sends a signal and resolves with the exit code. */
  async stop(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    const { code } = await deadline(this.#child.status, LONGEST_WAIT_MS);
    await this.#reading;
    return code;
  }

  /** Ends standard input and resolves with the exit code. */
  async end(): Promise<number> {
    await this.#child.stdin.close();
    return (await this.#child.status).code;
  }

  /** Kills the program, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended by itself.
    }
    await this.#child.status;
    await this.#reading;
    await this.#child.stdin.close().catch(() => {});
  }

  async #read(): Promise<void> {
    let rest = "";
    const texts = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      this.#lines.push(...parts);
      this.#notify();
    }
    this.#hasEnded = true;
    this.#notify();
  }

  #notify(): void {
    for (const go of this.#changes.splice(0)) go();
  }
}
