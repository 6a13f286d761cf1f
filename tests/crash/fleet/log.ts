/**
 * What a worker did, line by line in a file that outlives its death.
 *
 * @module
 */
import type { Checkpoint } from "../../../records.ts";

/** The writes of a lease that a worker logs. */
export type LeaseWrite = "take" | "renew" | "checkpoint" | "release";

/** One line. `at` is the time by {@linkcode machineNow}. */
export type FleetLine =
  /** A value is processed, and is acknowledged next. `session` is its fencing counter. */
  | {
    readonly type: "value";
    readonly at: number;
    readonly id: string;
    readonly session: number;
  }
  /** The consumer writes a lease that has this counter. */
  | {
    readonly type: "asked";
    readonly at: number;
    readonly call: number;
    readonly write: LeaseWrite;
    readonly shardId: string;
    readonly counter: number;
    /** The new owner, of a take. */
    readonly owner?: string;
    /** The new checkpoint. */
    readonly checkpoint?: Checkpoint;
  }
  /** The answer to `call`. A write without an answer may have happened. */
  | {
    readonly type: "accepted";
    readonly at: number;
    readonly call: number;
    readonly counter: number;
    /** What is stored now. */
    readonly checkpoint: Checkpoint;
  }
  | { readonly type: "refused"; readonly at: number; readonly call: number }
  /** A timer was late: the machine, or a long task, has held the process up. */
  | { readonly type: "stall"; readonly at: number; readonly ms: number }
  /** SIGTERM has arrived. */
  | { readonly type: "closing"; readonly at: number };

/**
 * The time in milliseconds by one clock for all processes of the machine. It grows steadily in each
 * process. Processes agree unless the clock of the machine is set between their starts.
 */
export function machineNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Appends lines. A line that was written survives a SIGKILL, because the kernel has it. */
export class FleetLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  /** Creates the file. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { createNew: true, append: true });
  }

  /** Appends a line. */
  write(line: FleetLine): void {
    const bytes = this.#encoder.encode(JSON.stringify(line) + "\n");
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The lines of a worker. The last line of a killed worker may be cut off, and is left out. */
export async function readFleetLog(path: string): Promise<FleetLine[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    // Killed before it opened its log.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const end = text.lastIndexOf("\n");
  return end < 0
    ? []
    : text.slice(0, end).split("\n").map((line) => JSON.parse(line));
}

/** How often the timer of {@linkcode watchStalls} runs, in milliseconds. */
const TICK_MS = 25;

/** Reports each time that a timer was late by more than its interval. Returns how to end it. */
export function watchStalls(
  onStall: (at: number, ms: number) => void,
): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const lateMs = now - last - TICK_MS;
    last = now;
    if (lateMs > TICK_MS) onStall(machineNow(), Math.round(lateMs));
  }, TICK_MS);
  return () => clearInterval(timer);
}
