/**
 * Processes that are started before they are needed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { Job } from "./job.ts";

/** After this time without a line the test fails, in milliseconds. */
const LONGEST_WAIT_MS = 30_000;
const CHILD = new URL("./child.ts", import.meta.url);

/** A process that waits for its job. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ready: Promise<void>;

  constructor() {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--unstable-kv",
        "-A",
        CHILD.pathname,
      ],
      env: { AWS_EC2_METADATA_DISABLED: "true" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#output = this.#process.stdout.getReader();
    this.#ready = this.#nextLine();
    // Thrown by start(), if the process gets a job.
    this.#ready.catch(() => {});
  }

  /** Hands over the job, when the process has loaded its modules. */
  async start(job: Job): Promise<void> {
    await this.#ready;
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(job)));
    await writer.close();
  }

  /** Resolves when every way to read has processed a value. */
  working(): Promise<void> {
    return this.#nextLine();
  }

  /** Kills the process. Fails if it has ended before. */
  async kill(): Promise<void> {
    await this[Symbol.asyncDispose]();
    const { signal } = await this.#process.status;
    assertEquals(signal, "SIGKILL", "the process ended before it was killed");
  }

  /** The exit code, when the process has ended by itself. */
  async ended(): Promise<number> {
    while (!(await this.#output.read()).done);
    return (await this.#process.status).code;
  }

  /** Kills the process, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#process.status;
    await this.#output.cancel();
    // Closed already, if the process got a job.
    await this.#process.stdin.close().catch(() => {});
  }

  /** The lines are written one at a time, and the second one only after a job. */
  async #nextLine(): Promise<void> {
    const { done } = await deadline(this.#output.read(), LONGEST_WAIT_MS);
    assertEquals(done, false, "the process ended before it was killed");
  }
}

/** Starts one process ahead: loading the modules takes longer than many a life. */
export class Standby implements AsyncDisposable {
  #next = new Child();

  /** A process, and starts the one after it. */
  take(): Child {
    const child = this.#next;
    this.#next = new Child();
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next[Symbol.asyncDispose]();
  }
}
