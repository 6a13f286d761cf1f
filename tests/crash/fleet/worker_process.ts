/**
 * The processes of the workers, as the parent holds them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { FleetJob } from "./job.ts";
import { machineNow } from "./log.ts";
import type { LifeTimes } from "./outcome.ts";

const WORKER = new URL("./worker.ts", import.meta.url);
/** After this time without a line the test fails, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** A process that waits for its job, or works. */
export class WorkerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ready: Promise<void>;
  #working: Promise<void> | undefined;
  readonly #frozen: [from: number, to: number][] = [];
  #frozenAt: number | undefined;
  #killedAt: number | undefined;
  #stoppedAt: number | undefined;
  #job: FleetJob | undefined;
  #exit: LifeTimes["exit"];

  constructor() {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", WORKER.pathname],
      env: { AWS_EC2_METADATA_DISABLED: "true" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#output = this.#process.stdout.getReader();
    this.#ready = this.#nextLine();
    // Thrown by start(), if the process gets a job.
    this.#ready.catch(() => {});
    this.#process.status.then(({ code, signal }) => {
      this.#exit = { at: machineNow(), code, signal };
    });
  }

  /** Hands over the job. Resolves when the worker reads, or is killed. */
  start(job: FleetJob): Promise<void> {
    this.#job = job;
    return this.#working = this.#start(job);
  }

  /** The job that it got. */
  get job(): FleetJob {
    return this.#job!;
  }

  /** What happened to the process. */
  get times(): LifeTimes {
    const { workerId } = this.job;
    return {
      ...{ workerId, frozen: this.#frozen, exit: this.#exit },
      ...{ killedAt: this.#killedAt, stoppedAt: this.#stoppedAt },
    };
  }

  /** Whether the process has neither ended nor been killed, told to stop, or frozen. */
  get isRunning(): boolean {
    return this.#killedAt === undefined && this.#stoppedAt === undefined &&
      this.#frozenAt === undefined && this.#exit === undefined;
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
    this.#frozenAt = machineNow();
  }

  /** SIGCONT, if the process is frozen. */
  thaw(): void {
    if (this.#frozenAt === undefined) return;
    this.#frozen.push([this.#frozenAt, machineNow()]);
    this.#frozenAt = undefined;
    this.#process.kill("SIGCONT");
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#killedAt = machineNow();
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  /** SIGTERM, as soon as the worker reads. */
  async stop(): Promise<void> {
    await this.#working;
    this.#stoppedAt = machineNow();
    this.#process.kill("SIGTERM");
  }

  /** Resolves when the process has ended by itself. */
  async ended(): Promise<void> {
    await deadline(this.#process.status, LONGEST_WAIT_MS);
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

  async #start(job: FleetJob): Promise<void> {
    try {
      await this.#ready;
      const writer = this.#process.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify(job)));
      await writer.close();
      await this.#nextLine();
    } catch (error) {
      if (this.#killedAt === undefined) throw error;
    }
  }

  async #nextLine(): Promise<void> {
    const { done } = await deadline(this.#output.read(), LONGEST_WAIT_MS);
    assertEquals(done, false, "the worker ended before it worked");
  }
}
