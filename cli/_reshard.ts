/**
 * The command that changes the number of shards.
 *
 * @module
 */
import type { Command } from "commander";
import type { KinesisClient } from "../client/mod.ts";
import { wholeNumber } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import { Failure } from "./_failure.ts";
import { pause } from "./_pause.ts";
import { type StreamTarget, streamTargetOf } from "./_stream_target.ts";
import { counted } from "./_values.ts";

/** The time between two looks at the stream, in milliseconds. */
const POLL_MS = 1_000;
/**
 * How long a stream may be ACTIVE with another number of shards, in milliseconds. The answers of
 * Kinesis may be older than the request.
 */
const STALE_MS = 60_000;

/** Adds the command to the program. */
export function addReshardCommand(program: Command, context: Context): void {
  program.command("reshard")
    .description("change the number of open shards, and wait for it")
    .argument("<stream>", "its name or ARN")
    .requiredOption(
      "--shards <count>",
      "the new number: at least half and at most double of the current one",
      wholeNumber(1),
    )
    .addHelpText(
      "after",
      `
Ctrl-C ends the waiting: the change goes on.

Examples:
  $ kinesis reshard orders --shards 8
  $ kinesis reshard orders --shards 8 --json`,
    )
    .action((stream, { shards }) => reshard(context, stream, shards));
}

async function reshard(
  { client, terminal, isJson }: Context,
  stream: string,
  to: number,
): Promise<void> {
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  const { from } = await stateOf(client(), target, signal);
  if (from !== to) {
    checkRange(stream, from, to);
    await client().updateShardCount({
      ...target,
      TargetShardCount: to,
      ScalingType: "UNIFORM_SCALING",
    }, { signal });
    await waitForShards(client(), terminal, target, to).catch((error) => {
      if (signal.aborted) {
        terminal.note(
          `Kinesis goes on to change ${stream} to ${counted(to, "shard")}`,
        );
      }
      throw error;
    });
  }
  await terminal.line(
    isJson()
      ? JSON.stringify({ stream, from, to })
      : from === to
      ? `${stream} has ${counted(to, "open shard")} already`
      : `${stream} has ${counted(to, "open shard")}, ${from} before`,
  );
}

/** The open shards and the status. */
async function stateOf(
  client: KinesisClient,
  target: StreamTarget,
  signal: AbortSignal,
): Promise<{ from: number; status: string }> {
  const { StreamDescriptionSummary: summary } = await client
    .describeStreamSummary(target, { signal });
  if (summary.StreamModeDetails?.StreamMode === "ON_DEMAND") {
    throw new Failure(
      `The stream ${summary.StreamName} is on demand: Kinesis chooses the number of its shards`,
    );
  }
  return { from: summary.OpenShardCount, status: summary.StreamStatus };
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html */
function checkRange(stream: string, from: number, to: number): void {
  const least = Math.ceil(from / 2);
  const most = from * 2;
  if (to >= least && to <= most) return;
  throw new Failure(
    `${stream} has ${
      counted(from, "open shard")
    }, and one change can make it ${least} to ${most}: ` +
      `first give --shards ${to < least ? least : most}`,
  );
}

async function waitForShards(
  client: KinesisClient,
  { progress, signal }: Context["terminal"],
  target: StreamTarget,
  to: number,
): Promise<void> {
  const start = performance.now();
  let activeSince: number | undefined;
  for (;;) {
    const { from: open, status } = await stateOf(client, target, signal);
    if (status === "ACTIVE" && open === to) return;
    const now = performance.now();
    if (status !== "ACTIVE") activeSince = undefined;
    else if (now - (activeSince ??= now) > STALE_MS) {
      throw new Failure(
        `The stream is ACTIVE with ${
          counted(open, "open shard")
        }, not ${to}: another program has changed it`,
      );
    }
    const seconds = Math.round((now - start) / 1000);
    progress(
      `${status}: ${open} of ${counted(to, "open shard")}, ${seconds} s`,
    );
    await pause(POLL_MS, signal);
  }
}
