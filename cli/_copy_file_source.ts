/**
 * Reads the records of a capture.
 *
 * @module
 */
import { type CapturedRecord, captureEntries } from "../testing/mod.ts";
import { arrivalOrder, inOrder } from "./_copy_arrivals.ts";
import type { LostRecord } from "./_copy_sink.ts";
import type { CopySource, CopySpan } from "./_copy_source.ts";
import { Failure } from "./_failure.ts";
import type { InputFile } from "./_files.ts";

/** How a capture is read. */
export interface FileSourceOptions extends CopySpan {
  /** Opens the file. Called twice with `inOrderOfArrival`. */
  readonly open: () => Promise<InputFile>;
  /** Records to leave out at the start. */
  readonly skip: number;
  /** Whether the records come in the order of their arrival, over all shards. */
  readonly inOrderOfArrival: boolean;
  /** Ends the reading. */
  readonly stop: AbortSignal;
}

/** A capture that is read. */
export class FileSource implements CopySource {
  readonly #options: FileSourceOptions;
  readonly #files: InputFile[] = [];
  #bytes = 0;
  #size: number | undefined;

  /** Opens nothing yet. */
  constructor(options: FileSourceOptions) {
    this.#options = options;
  }

  async *entries(): ReturnType<CopySource["entries"]> {
    try {
      yield* this.#wanted();
    } catch (error) {
      // What is read of standard input is cut off then.
      if (!this.#options.stop.aborted) throw error;
    }
  }

  async *#wanted(): ReturnType<CopySource["entries"]> {
    const { skip, inOrderOfArrival, stop } = this.#options;
    const order = inOrderOfArrival
      ? await arrivalOrder(this.#read(), stop)
      : undefined;
    let left = skip;
    const entries = order ? inOrder(this.#read(), order) : this.#read();
    for await (const entry of entries) {
      if (stop.aborted) return;
      if (entry.type === "end") continue;
      if (entry.type === "record") {
        if (!this.#isWanted(entry.record)) continue;
        if (left > 0) {
          left--;
          continue;
        }
      }
      yield entry;
    }
  }

  share(): number | undefined {
    return this.#size ? Math.min(1, this.#bytes / this.#size) : undefined;
  }

  goOn(taken: number, lost: LostRecord | undefined): [string, string] {
    return ["--skip", `${this.#options.skip + (lost?.number ?? taken)}`];
  }

  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) await file.close();
  }

  async *#read(): ReturnType<typeof captureEntries> {
    const file = await this.#options.open();
    this.#files.push(file);
    this.#bytes = 0;
    this.#size = file.size;
    yield* captureEntries(this.#counted(file));
  }

  async *#counted(file: InputFile): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of file.bytes) {
      this.#bytes += chunk.length;
      yield chunk;
    }
  }

  #isWanted({ arrivedAt, sequenceNumber, shardId }: CapturedRecord): boolean {
    const { from, until } = this.#options;
    const isBounded = from instanceof Date || until instanceof Date;
    if (!isBounded) return true;
    if (arrivedAt === undefined) {
      throw new Failure(
        `The record ${sequenceNumber} of ${shardId} has no time of arrival: ` +
          "leave out --from and --until",
      );
    }
    return !(from instanceof Date && arrivedAt < from.getTime()) &&
      !(until instanceof Date && arrivedAt >= until.getTime());
  }
}
