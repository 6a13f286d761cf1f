/**
 * Writes lines to a stream.
 *
 * @module
 */
import { DeliveryError } from "../errors.ts";
import { Producer } from "../producer.ts";
import type { FailedValue } from "../records.ts";
import { BadLines } from "./_bad_lines.ts";
import type { Context } from "./_context.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import { type InputFile, isSameFile, openInput } from "./_files.ts";
import { linesOf } from "./_lines.ts";
import { putProgress } from "./_put_progress.ts";
import {
  type LineValue,
  putProcessor,
  valueOfLine,
  type ValueOptions,
} from "./_put_values.ts";
import { streamTargetOf } from "./_stream_target.ts";
import type { Terminal } from "./_terminal.ts";
import { counted } from "./_values.ts";

/** The time between two lines of progress, in milliseconds. */
const PROGRESS_MS = 200;

/** The options of `put` for lines. */
export interface PutLinesOptions extends ValueOptions {
  /** The path of the input. Default: standard input. */
  readonly file?: string;
  /** The path of the lines that were not stored. */
  readonly bad?: string;
}

/**
 * Writes each line of a file or of standard input.
 *
 * @throws {Failure} if a line was not stored
 * @throws {DeliveryError} if the stream cannot be written
 */
export async function putLines(
  context: Context,
  stream: string,
  options: PutLinesOptions,
): Promise<void> {
  const { terminal } = context;
  const { file, bad: badPath } = options;
  if (
    badPath !== undefined &&
    await isSameFile(file === "-" ? undefined : file, badPath)
  ) throw new WrongUsage("The input and --bad must be two files");
  const input = await inputOf(terminal, file);
  try {
    const bad = await BadLines.open(terminal, badPath);
    try {
      await new LinePut(context, stream, options, input, bad).run();
    } finally {
      await bad.close();
    }
  } finally {
    await input.close();
  }
}

async function inputOf(
  terminal: Terminal,
  file: string | undefined,
): Promise<InputFile> {
  return file === undefined || file === "-"
    ? { bytes: terminal.input(), size: undefined, close: async () => {} }
    : await openInput(file);
}

/** One run. */
class LinePut {
  readonly #context: Context;
  readonly #options: PutLinesOptions;
  readonly #input: InputFile;
  readonly #bad: BadLines;
  readonly #producer: Producer<LineValue>;
  #bytes = 0;
  #lastLine = 0;
  #hasReadAll = false;

  constructor(
    context: Context,
    stream: string,
    options: PutLinesOptions,
    input: InputFile,
    bad: BadLines,
  ) {
    this.#context = context;
    this.#options = options;
    this.#input = input;
    this.#bad = bad;
    const { StreamName: streamName, StreamARN: streamARN } = streamTargetOf(
      stream,
    );
    const hasKeys = options.key !== undefined || options.keyField !== undefined;
    this.#producer = new Producer<LineValue>({
      client: context.client(),
      streamName,
      streamARN,
      processor: putProcessor(options.processor),
      partitionKey: hasKeys ? ({ key }) => key! : undefined,
      deadLetter: new WritableStream({ write: (it) => this.#addFailed(it) }),
    });
  }

  async run(): Promise<void> {
    const { terminal } = this.#context;
    terminal.onStopAtOnce(() =>
      `${counted(this.#waiting, "line")} up to line ${this.#lastLine} not ` +
      "acknowledged; Kinesis may have stored some of them"
    );
    const start = performance.now();
    const timer = setInterval(() => {
      terminal.progress(this.#progress((performance.now() - start) / 1000));
    }, PROGRESS_MS);
    try {
      await this.#values().pipeTo(this.#producer);
    } catch (error) {
      await this.#addUndelivered(error);
      await this.#summarize();
      throw error;
    } finally {
      clearInterval(timer);
    }
    await this.#summarize();
    const { count } = this.#bad;
    if (count > 0) {
      const where = this.#options.bad;
      throw new Failure(
        `${counted(count, "line")} ${count === 1 ? "was" : "were"} not stored` +
          (where === undefined
            ? ": --bad <path> keeps such lines"
            : `: see ${where}`),
      );
    }
  }

  get #waiting(): number {
    return this.#producer.stats().bufferedValues;
  }

  #values(): ReadableStream<LineValue> {
    const { signal } = this.#context.terminal;
    const lines = linesOf(this.#counted(), signal);
    return new ReadableStream<LineValue>({
      pull: async (controller) => {
        for (;;) {
          const { done, value: line } = await lines.next();
          if (done) {
            this.#hasReadAll = !signal.aborted;
            return controller.close();
          }
          this.#lastLine = line.number;
          try {
            return controller.enqueue(valueOfLine(line, this.#options));
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            await this.#bad.add(line.number, line.bytes, error.message);
          }
        }
      },
      cancel: async () => {
        await lines.return(undefined);
      },
    }, { highWaterMark: 0 });
  }

  async *#counted(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for await (const chunk of this.#input.bytes) {
      this.#bytes += chunk.length;
      yield chunk;
    }
  }

  #addFailed({ value, error }: FailedValue<LineValue>): Promise<void> {
    const bytes = new TextEncoder().encode(value.text);
    return this.#bad.add(value.number, bytes, error.message);
  }

  /** Keeps the lines that were read when the whole stream cannot be written. */
  async #addUndelivered(error: unknown): Promise<void> {
    if (!(error instanceof DeliveryError)) return;
    for (const failed of this.#producer.undelivered()) {
      await this.#addFailed(failed);
    }
  }

  #progress(seconds: number): string {
    return putProgress({
      stored: this.#producer.stats().delivered,
      waiting: this.#waiting,
      bad: this.#bad.count,
      bytes: this.#bytes,
      size: this.#input.size,
      isStopping: this.#context.terminal.signal.aborted,
    }, seconds);
  }

  async #summarize(): Promise<void> {
    const { terminal, isJson } = this.#context;
    const stored = this.#producer.stats().delivered;
    const bad = this.#bad.count;
    if (!this.#hasReadAll) {
      terminal.note(
        `Stopped after line ${this.#lastLine}: later lines were not sent`,
      );
    }
    await terminal.line(
      isJson()
        ? JSON.stringify({ stored, bad, lastLine: this.#lastLine })
        : `${stored} stored, ${bad} bad`,
    );
  }
}
