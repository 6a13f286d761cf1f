/**
 * What a process did, line by line in a file that outlives its death.
 *
 * @module
 */
import type { Checkpoint } from "../../records.ts";
import type { Item } from "./items.ts";

/** One line. */
export type Line =
  /** A value is processed, and is acknowledged next. */
  | {
    readonly type: "done";
    readonly way: string;
    readonly id: string;
    readonly item: Item;
  }
  /** The consumer asks to store a checkpoint. */
  | {
    readonly type: "storing" | "stored";
    readonly way: string;
    readonly shardId: string;
    readonly checkpoint: Checkpoint;
  };

/** Appends lines. A line that was written survives a SIGKILL, because the kernel has it. */
export class LifeLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  /** Creates the file. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { createNew: true, append: true });
  }

  /** Appends a line. */
  write(line: Line): void {
    const bytes = this.#encoder.encode(JSON.stringify(line) + "\n");
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * The lines of a process. The last line may be cut off. A process that was killed before it opened
 * its log has no lines.
 */
export async function readLog(path: string): Promise<Line[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const end = text.lastIndexOf("\n");
  if (end < 0) return [];
  return text.slice(0, end).split("\n").map((line) => JSON.parse(line));
}
