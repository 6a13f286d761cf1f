/**
 * The lines that `put` could not store.
 *
 * @module
 */
import { FirstNotes } from "./_first_notes.ts";
import { openOutput, type OutputFile } from "./_files.ts";
import type { Terminal } from "./_terminal.ts";

const LINE_FEED = Uint8Array.of(10);

/** Counts the lines, says what is wrong with the first ones, and writes all of them to a file. */
export class BadLines {
  readonly #notes: FirstNotes;
  readonly #file: OutputFile | undefined;
  /** Lines are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  /** Opens the file if there is one. */
  static async open(
    terminal: Pick<Terminal, "note">,
    path: string | undefined,
  ): Promise<BadLines> {
    const file = path === undefined ? undefined : await openOutput(path);
    return new BadLines(terminal, file);
  }

  private constructor(
    terminal: Pick<Terminal, "note">,
    file: OutputFile | undefined,
  ) {
    this.#notes = new FirstNotes(terminal, "bad lines");
    this.#file = file;
  }

  /** The number of lines so far. */
  get count(): number {
    return this.#notes.count;
  }

  /** Adds a line. Resolves when it is in the file. */
  add(number: number, bytes: Uint8Array, why: string): Promise<void> {
    this.#notes.add(`line ${number}: ${why}`);
    const file = this.#file;
    if (!file) return this.#written;
    return this.#written = this.#written.then(async () => {
      await file.write(bytes);
      await file.write(LINE_FEED);
    });
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#file?.close();
  }
}
