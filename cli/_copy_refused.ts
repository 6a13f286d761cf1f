/**
 * The records that a destination has refused.
 *
 * @module
 */
import { type CapturedRecord, captureLine } from "../testing/mod.ts";
import { FirstNotes } from "./_first_notes.ts";
import { openOutput, type OutputFile } from "./_files.ts";
import type { Terminal } from "./_terminal.ts";

const encoder = new TextEncoder();

/** Counts the records, says what is wrong with the first ones, and writes all into a capture. */
export class RefusedRecords {
  readonly #notes: FirstNotes;
  readonly #file: OutputFile | undefined;
  /** Records are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  /** Opens the file if there is one, and empties it. `stream` is the source, for its first line. */
  static async open(
    terminal: Pick<Terminal, "note">,
    path: string | undefined,
    stream: string,
  ): Promise<RefusedRecords> {
    const file = path === undefined ? undefined : await openOutput(path);
    await file?.write(encoder.encode(captureLine({ type: "stream", stream })));
    return new RefusedRecords(terminal, file);
  }

  private constructor(
    terminal: Pick<Terminal, "note">,
    file: OutputFile | undefined,
  ) {
    this.#notes = new FirstNotes(terminal, "refused records");
    this.#file = file;
  }

  /** The number of records so far. */
  get count(): number {
    return this.#notes.count;
  }

  /** Adds a record. Never rejects: `close` does so. */
  add(record: CapturedRecord, why: string): void {
    const { sequenceNumber, shardId } = record;
    this.#notes.add(`record ${sequenceNumber} of ${shardId}: ${why}`);
    this.#write(captureLine({ type: "record", record }));
  }

  /** Ends the capture, and closes the file. */
  async close(): Promise<void> {
    this.#write(captureLine({ type: "end", records: this.count }));
    try {
      await this.#written;
    } finally {
      await this.#file?.close();
    }
  }

  #write(line: string): void {
    const file = this.#file;
    if (!file) return;
    this.#written = this.#written.then(() => file.write(encoder.encode(line)));
    this.#written.catch(() => {});
  }
}
