/**
 * Writes a capture.
 *
 * @module
 */
import { type CaptureEntry, captureLine } from "../testing/mod.ts";
import type { CopyCounts, CopySink } from "./_copy_sink.ts";
import type { OutputFile } from "./_files.ts";

/** The text that may wait for the file, in characters. */
const MOST_WAITING = 4 * 1024 * 1024;

/** A file. What arrives during a write is written together afterwards. */
export class FileSink implements CopySink {
  readonly trouble = undefined;
  readonly firstLost = undefined;
  readonly #file: OutputFile;
  #lines: string[] = [];
  #length = 0;
  #records = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  /** The caller has opened the file. */
  constructor(file: OutputFile) {
    this.#file = file;
  }

  get counts(): CopyCounts {
    return { copied: this.#records, refused: 0, leftOut: 0, waiting: 0 };
  }

  write(entry: CaptureEntry): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const line = captureLine(entry);
    if (entry.type === "record") this.#records++;
    this.#lines.push(line);
    this.#length += line.length;
    this.#writing ??= this.#write();
    return this.#length > MOST_WAITING ? this.#settled() : undefined;
  }

  async close(): Promise<void> {
    try {
      await this.write({ type: "end", records: this.#records });
      await this.#settled();
    } finally {
      await this.#file.close();
    }
  }

  async #settled(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects: the next call tells the failure. */
  async #write(): Promise<void> {
    try {
      // Lets the source add what it has already.
      await Promise.resolve();
      while (this.#lines.length > 0) {
        const text = this.#lines.join("");
        this.#lines = [];
        this.#length = 0;
        await this.#file.write(new TextEncoder().encode(text));
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#writing = undefined;
  }
}
