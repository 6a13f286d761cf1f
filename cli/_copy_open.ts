/**
 * Opens the source and the destination of a copy.
 *
 * @module
 */
import type { KinesisClient, StreamDescriptionSummary } from "../client/mod.ts";
import { connect } from "./_connection.ts";
import type { Context } from "./_context.ts";
import { FileSink } from "./_copy_file_sink.ts";
import { FileSource } from "./_copy_file_source.ts";
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

/** The options of the command. */
export interface CopyOptions {
  readonly from?: { readonly Type: string; readonly Timestamp?: Date };
  readonly until?: "caught-up" | "never" | Date;
  readonly count?: number;
  readonly skip?: number;
  readonly speed?: number;
  readonly rate?: number;
  readonly unordered?: boolean;
  readonly overwrite?: boolean;
  readonly bad?: string;
  readonly toRegion?: string;
  readonly toEndpoint?: string;
  readonly toProfile?: string;
}

/** A stream that is read or written. */
interface StreamEnd {
  readonly client: KinesisClient;
  readonly summary: StreamDescriptionSummary;
}

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

function checkOptions(
  from: CopyPlace,
  to: CopyPlace,
  options: CopyOptions,
): void {
  const refuse = (isWrong: boolean, why: string) => {
    if (isWrong) throw new WrongUsage(why);
  };
  const { speed, skip, overwrite, unordered, bad, until } = options;
  refuse(
    speed !== undefined && from.type !== "file",
    "--speed needs a file as the source: copy the stream to a file first",
  );
  refuse(
    skip !== undefined && from.type === "stream",
    "--skip needs a capture as the source: give --from for a stream",
  );
  refuse(
    from.type !== "stream" && options.from?.Type === "LATEST",
    "A capture has no records that come later: --from latest needs a stream",
  );
  refuse(
    from.type !== "stream" && until === "never",
    "A capture has an end: --until never needs a stream",
  );
  refuse(
    overwrite === true && to.type !== "file",
    "--overwrite needs a file as the destination",
  );
  const { toRegion, toEndpoint, toProfile } = options;
  for (
    const [name, value] of Object.entries({
      ...{ unordered, bad },
      ...{ "to-region": toRegion, "to-endpoint": toEndpoint },
      "to-profile": toProfile,
    })
  ) {
    refuse(
      value !== undefined && to.type !== "stream",
      `--${name} needs a stream as the destination`,
    );
  }
}

function spanOf(
  place: CopyPlace,
  { from = { Type: "TRIM_HORIZON" }, until }: CopyOptions,
): CopySpan {
  const isEndless = until === "never" ||
    until === undefined && from.Type === "LATEST";
  const end = until === "never" ? undefined : until ?? "caught-up";
  const start = from.Timestamp ?? from.Type as "TRIM_HORIZON" | "LATEST";
  if (start instanceof Date && end instanceof Date && end <= start) {
    throw new WrongUsage(
      `--until ${end.toISOString()} must be later than --from ${start.toISOString()}`,
    );
  }
  if (start === "LATEST" && end === "caught-up" && !isEndless) {
    throw new WrongUsage(
      `${place.text} is caught up with its latest record at once: --from latest needs --until never ` +
        "or a time",
    );
  }
  return { from: start, until: isEndless ? undefined : end };
}

async function checkFiles(
  from: CopyPlace,
  to: CopyPlace,
  { bad }: CopyOptions,
): Promise<void> {
  if (from.type === "file" && to.type === "file") {
    if (await isSameFile(from.path, to.path)) {
      throw new WrongUsage("The source and the destination are the same file");
    }
  }
  if (bad === undefined || from.type !== "file") return;
  if (await isSameFile(from.path, bad)) {
    throw new WrongUsage("The source and --bad must be two files");
  }
}

async function streamEnds(
  context: Context,
  from: CopyPlace,
  to: CopyPlace,
  options: CopyOptions,
): Promise<[reading: StreamEnd | undefined, writing: StreamEnd | undefined]> {
  const { signal } = context.terminal;
  // Fails at once if a stream is missing: a consumer tries several times.
  const look = async (client: KinesisClient, place: CopyPlace) => {
    if (place.type !== "stream") return undefined;
    try {
      const { StreamDescriptionSummary: summary } = await client
        .describeStreamSummary(place.target, { signal });
      return { client, summary };
    } catch (error) {
      throw withHint(error, place.text);
    }
  };
  const { region, endpoint, profile } = context.connection();
  const { toRegion, toEndpoint, toProfile } = options;
  const isElsewhere = [toRegion, toEndpoint, toProfile].some((it) =>
    it !== undefined
  );
  const reading = await look(context.client(), from);
  const writing = await look(
    isElsewhere
      ? connect({
        region: toRegion ?? region,
        endpoint: toEndpoint ?? endpoint,
        profile: toProfile ?? profile,
      })
      : context.client(),
    to,
  );
  if (reading && writing && isSameStream(reading.summary, writing.summary)) {
    throw new WrongUsage(
      `${from.text} and ${to.text} are the same stream: it would be copied onto itself`,
    );
  }
  return [reading, writing];
}

/** Two emulators may have streams of the same ARN, but not created at the same time. */
function isSameStream(
  a: StreamDescriptionSummary,
  b: StreamDescriptionSummary,
): boolean {
  return a.StreamARN === b.StreamARN &&
    a.StreamCreationTimestamp?.getTime() ===
      b.StreamCreationTimestamp?.getTime();
}

function withHint(error: unknown, name: string): unknown {
  const isMissing = error instanceof Error &&
    (error as { code?: unknown }).code === "ResourceNotFoundException";
  return isMissing && !name.startsWith("arn:")
    ? new Failure(`${error.message}. For a file in this folder, give ./${name}`)
    : error;
}

function usesKeys({ summary }: StreamEnd): boolean {
  return summary.RecordDistributionStrategy !== "AUTO";
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
