/**
 * Copies records from a source to a destination.
 *
 * @module
 */
import type { Context } from "./_context.ts";
import { Pace, type PaceOptions } from "./_copy_pace.ts";
import { copyProgress } from "./_copy_progress.ts";
import type { CopySink } from "./_copy_sink.ts";
import type { CopySource } from "./_copy_source.ts";
import { Failure, ReaderGone } from "./_failure.ts";
import { counted } from "./_values.ts";

/** The time between two lines of progress, in milliseconds. */
const PROGRESS_MS = 200;

/** One copy. */
export interface CopyRunOptions extends PaceOptions {
  readonly source: CopySource;
  readonly sink: CopySink;
  /** Ends the reading: Ctrl-C, or a destination that takes nothing more. */
  readonly stop: AbortSignal;
  /** The most records. */
  readonly count: number;
  /** Where the refused records are. */
  readonly bad?: string;
  /** Whether standard output has the records, so that it has no room for the summary. */
  readonly isPiped: boolean;
}

/**
 * Copies until the source ends, `count` is reached or the signal aborts. What was read is written in
 * each case.
 *
 * @throws {Failure} if a record was refused
 */
export async function runCopy(
  context: Context,
  options: CopyRunOptions,
): Promise<void> {
  const { terminal } = context;
  const { source, sink, stop } = options;
  terminal.onStopAtOnce(() =>
    `${
      counted(sink.counts.waiting, "record")
    } not acknowledged; the destination may have stored ` +
    "some of them"
  );
  const start = performance.now();
  const timer = setInterval(() => {
    const state = {
      counts: sink.counts,
      share: source.share(),
      trouble: sink.trouble,
      isStopping: stop.aborted,
    };
    terminal.progress(copyProgress(state, (performance.now() - start) / 1000));
  }, PROGRESS_MS);
  let taken = 0;
  try {
    try {
      for await (const take of records(options)) {
        taken = take;
      }
    } finally {
      try {
        await sink.close();
      } finally {
        await source.close();
      }
    }
  } catch (error) {
    // The reader of a pipe that has gone, as head goes, is no failure.
    if (error instanceof ReaderGone) return;
    if (taken > 0) await summarize(context, options, taken, false);
    throw error;
  } finally {
    clearInterval(timer);
  }
  // The destination may have failed at the end.
  const isComplete = !stop.aborted && taken < options.count;
  await summarize(context, options, taken, isComplete);
  throwIfRefused(options);
}

/** Hands the entries of the source to the sink. Yields the number of records so far. */
async function* records(
  { source, sink, stop, count, speed, rate }: CopyRunOptions,
): AsyncGenerator<number, void> {
  const pace = new Pace({ speed, rate });
  let taken = 0;
  for await (const entry of source.entries()) {
    if (entry.type === "record") {
      const due = pace.due(entry.record, stop);
      try {
        if (due) await due;
      } catch (error) {
        if (stop.aborted) return;
        throw error;
      }
    }
    const room = sink.write(entry);
    if (room) await room;
    if (entry.type !== "record") continue;
    yield ++taken;
    if (taken === count || stop.aborted) return;
  }
}

async function summarize(
  { terminal, isJson }: Context,
  { source, sink, isPiped, bad }: CopyRunOptions,
  taken: number,
  isComplete: boolean,
): Promise<void> {
  const { copied, refused, leftOut } = sink.counts;
  // The file of --bad has the lost records, so that they need not be read again.
  const lost = bad === undefined ? sink.firstLost : undefined;
  const goOn = isComplete ? undefined : source.goOn(taken, lost);
  if (goOn) {
    terminal.note(
      `Stopped after ${counted(taken, "record")}. To go on, give ${goOn[0]} ${
        goOn[1]
      }` +
        (goOn[0] === "--from" ? "; some records may come again" : ""),
    );
  }
  const facts = { copied, refused, leftOut, complete: isComplete };
  const parts = [`${copied} copied`, `${refused} refused`];
  if (leftOut > 0) parts.push(`${leftOut} left out`);
  const text = isJson()
    ? JSON.stringify(
      goOn ? { ...facts, [goOn[0].slice(2)]: goOn[1] } : facts,
    )
    : parts.join(", ");
  if (isPiped) terminal.note(text);
  else await terminal.line(text);
}

function throwIfRefused({ sink, bad }: CopyRunOptions): void {
  const { refused } = sink.counts;
  if (refused === 0) return;
  throw new Failure(
    `${counted(refused, "record")} ${
      refused === 1 ? "was" : "were"
    } not copied` +
      (bad === undefined
        ? ": --bad <path> keeps such records"
        : `: see ${bad}`),
  );
}
