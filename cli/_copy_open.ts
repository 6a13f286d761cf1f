/**
 * Opens the source and the destination of a copy.
 *
 * @module
 */
import type { Context } from "./_context.ts";
import { FileSink } from "./_copy_file_sink.ts";
import { FileSource } from "./_copy_file_source.ts";
import { streamEnds, usesKeys } from "./_copy_ends.ts";
import { checkOptions, type CopyOptions, spanOf } from "./_copy_options.ts";
import { type CopyPlace, copyPlace } from "./_copy_place.ts";
import { RefusedRecords } from "./_copy_refused.ts";
import type { CopyRunOptions } from "./_copy_run.ts";
import type { CopySink } from "./_copy_sink.ts";
import type { CopySource, CopySpan } from "./_copy_source.ts";
import { StreamSink } from "./_copy_stream_sink.ts";
import { StreamSource } from "./_copy_stream_source.ts";
import { Failure, ReaderGone, WrongUsage } from "./_failure.ts";
import {
  createOutput,
  isSameFile,
  openInput,
  type OutputFile,
} from "./_files.ts";
import { untilAborted } from "./_lines.ts";
import type { Terminal } from "./_terminal.ts";

/** A copy that can run, and what closes its files afterwards. */
export interface OpenCopy extends CopyRunOptions {
  readonly dispose: () => Promise<void>;
}

/**
 * Opens both ends. Nothing is read or written yet, but files are created.
 *
 * @throws {WrongUsage} if the arguments do not fit together
 * @throws {Failure} if a file cannot be opened
 */
export async function openCopy(
  context: Context,
  sourceText: string,
  destinationText: string,
  options: CopyOptions,
): Promise<OpenCopy> {
  const { terminal } = context;
  const from = copyPlace(sourceText);
  const to = copyPlace(destinationText);
  checkOptions(from, to, options);
  const span = spanOf(from, options);
  await checkFiles(from, to, options);
  const [reading, writing] = await streamEnds(context, from, to, options);
  const stop = new AbortController();
  const onSignal = () => stop.abort(terminal.signal.reason);
  terminal.signal.addEventListener("abort", onSignal, { once: true });
  if (terminal.signal.aborted) onSignal();
  const shared = { ...span, stop: stop.signal };
  const source = reading && from.type === "stream"
    ? new StreamSource({
      ...shared,
      client: reading.client,
      target: from.target,
    })
    : await fileSource(from, terminal, shared, options);
  const refused = writing &&
    await RefusedRecords.open(terminal, options.bad, sourceText);
  const sink = writing && to.type === "stream"
    ? new StreamSink({
      client: writing.client,
      target: to.target,
      usesKeys: usesKeys(writing),
      sourceUsesKeys: reading === undefined || usesKeys(reading),
      keepsOrder: !options.unordered,
      refused: refused!,
      onUnusable: () => stop.abort(new Failure("The destination is unusable")),
    })
    : await fileSink(to, terminal, options);
  if (writing && !usesKeys(writing) && !options.unordered) {
    terminal.note(
      `${destinationText} distributes records by itself: the order of partition keys is not kept`,
    );
  }
  return {
    ...{ source, sink, stop: stop.signal },
    ...{ speed: options.speed, rate: options.rate, bad: options.bad },
    count: options.count ?? Infinity,
    isPiped: to.type === "pipe",
    async dispose() {
      terminal.signal.removeEventListener("abort", onSignal);
      await refused?.close();
    },
  };
}

async function checkFiles(
  from: CopyPlace,
  to: CopyPlace,
  { bad }: CopyOptions,
): Promise<void> {
  if (from.type === "stream") return;
  const source = from.type === "file" ? from.path : undefined;
  if (to.type === "file" && await isSameFile(source, to.path)) {
    throw new WrongUsage("The source and the destination are the same file");
  }
  if (bad !== undefined && await isSameFile(source, bad)) {
    throw new WrongUsage("The source and --bad must be two files");
  }
}

async function fileSource(
  place: CopyPlace,
  terminal: Terminal,
  span: CopySpan & { readonly stop: AbortSignal },
  { skip = 0, speed }: CopyOptions,
): Promise<CopySource> {
  const path = place.type === "file" ? place.path : undefined;
  // Says at once that a file is missing.
  if (path !== undefined) await (await openInput(path)).close();
  return new FileSource({
    ...{ ...span, skip },
    inOrderOfArrival: speed !== undefined,
    open: () =>
      path !== undefined ? openInput(path) : Promise.resolve({
        bytes: untilAborted(terminal.input(), span.stop),
        size: undefined,
        close: async () => {},
      }),
  });
}

async function fileSink(
  place: CopyPlace,
  terminal: Terminal,
  { overwrite }: CopyOptions,
): Promise<CopySink> {
  return new FileSink(
    place.type === "file"
      ? await createOutput(place.path, overwrite)
      : outputOf(terminal),
  );
}

function outputOf(terminal: Terminal): OutputFile {
  const decoder = new TextDecoder();
  return {
    async write(bytes) {
      // `line` adds the last line feed.
      const text = decoder.decode(bytes.subarray(0, -1));
      if (!await terminal.line(text)) throw new ReaderGone();
    },
    close: async () => {},
  };
}
