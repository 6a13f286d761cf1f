/**
 * The commands about the stored progress of consumers.
 *
 * @module
 */
import type { Command } from "commander";
import {
  checkpointStatus,
  type ProgressOptions,
  resetCheckpoints,
  type ShardReset,
} from "../progress.ts";
import { agree } from "./_agree.ts";
import { duration, startingPosition } from "./_arguments.ts";
import { lagsOf, type ShardLag } from "./_checkpoint_lag.ts";
import { checkpointText, durationText } from "./_checkpoint_text.ts";
import type { Context } from "./_context.ts";
import { Failure } from "./_failure.ts";
import { addStoreOptions, openStore, type StoreOptions } from "./_store.ts";
import { type StreamTarget, streamTargetOf } from "./_stream_target.ts";
import { writeRows } from "./_table.ts";
import { counted } from "./_values.ts";

const STATUS = ["shard", "state", "owner", "checkpoint", "lag"];
const WORKERS = ["worker", "leases"];
const LAGS = ["shard", "state", "owner", "lag", "oldest"];
const RESETS = ["shard", "action", "before", "after"];

/** The options of all commands. */
interface CheckpointOptions extends StoreOptions {
  readonly failover: number;
}

interface ResetCommandOptions extends CheckpointOptions {
  readonly to: ReturnType<typeof startingPosition>;
  readonly shard?: string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Adds the commands to the program. */
export function addCheckpointCommands(
  program: Command,
  context: Context,
): void {
  const checkpoints = program.command("checkpoints")
    .description("show and change how far consumers have processed a stream")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis checkpoints status orders --store dynamodb:billing
  $ kinesis checkpoints lag orders --store redis://localhost:6379 --name billing --max 5m`,
    );
  const add = (name: string, description: string) =>
    addStoreOptions(
      checkpoints.command(name).description(description).argument(
        "<stream>",
        "its name or ARN, as the consumers were given it",
      ),
    ).option(
      "--failover <time>",
      "the failoverTimeMs of the consumers",
      duration,
      10_000,
    );
  add("status", "show the checkpoint and the holder of each shard")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis checkpoints status orders --store dynamodb:billing
  $ kinesis checkpoints status orders --store sqlite:./app.db --name billing --json`,
    )
    .action((stream, options) => status(context, stream, options));
  add("lag", "measure how old the oldest unprocessed record of each shard is")
    .option("--max <time>", "exit with 1 if a shard lags more", duration)
    .addHelpText(
      "after",
      `
Reads one record behind the checkpoint of each shard.

Examples:
  $ kinesis checkpoints lag orders --store redis://localhost:6379 --name billing
  $ kinesis checkpoints lag orders --store dynamodb:billing --max 5m || page-someone`,
    )
    .action((stream, options) => lag(context, stream, options));
  add("reset", "set all consumers of a store back or forward")
    .requiredOption(
      "--to <position>",
      "oldest, latest, a time, or an age such as 2h",
      startingPosition,
    )
    .option("--shard <id...>", "only these shards")
    .option("--dry-run", "show the plan, and change nothing")
    .option("-y, --yes", "do not ask")
    .option("--force", "also while workers run: take their leases away")
    .addHelpText(
      "after",
      `
Stop all consumers first: nothing is changed while a worker holds a lease, unless --force is given.

Examples:
  $ kinesis checkpoints reset orders --store dynamodb:billing --to 2h --dry-run
  $ kinesis checkpoints reset orders --store kv:./app.kv --name billing --to oldest --yes`,
    )
    .action((stream, options) => reset(context, stream, options));
}

/** Opens the store, runs `work`, and closes the store. */
async function withStore(
  context: Context,
  stream: string,
  options: CheckpointOptions,
  work: (options: ProgressOptions, target: StreamTarget) => Promise<void>,
): Promise<void> {
  const { terminal } = context;
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  // Fails at once if the stream is missing: listing its shards is tried several times.
  await context.client().describeStreamSummary(target, { signal });
  const { checkpointer, close } = await openStore(context, options);
  try {
    terminal.progress(
      `Watching the leases: up to ${durationText(options.failover)}`,
    );
    await work({
      ...{ checkpointer, signal, client: context.client() },
      streamName: target.StreamName,
      streamARN: target.StreamARN,
      failoverTimeMs: options.failover,
    }, target);
  } finally {
    await close();
  }
}

async function status(
  context: Context,
  stream: string,
  options: CheckpointOptions,
): Promise<void> {
  const { terminal, isJson } = context;
  await withStore(context, stream, options, async (progress) => {
    const { shards, workers } = await checkpointStatus(progress);
    if (isJson()) {
      for (const { shardId, ...shard } of shards) {
        if (
          !await terminal.line(JSON.stringify({ shard: shardId, ...shard }))
        ) {
          return;
        }
      }
    } else {
      const rows = shards.map((it) => ({
        shard: it.shardId,
        state: it.state,
        owner: it.owner,
        checkpoint: checkpointText(it.checkpoint),
        lag: it.state === "held" && it.load?.millisBehindLatest !== undefined
          ? durationText(it.load.millisBehindLatest)
          : undefined,
      }));
      await writeRows(terminal, STATUS, rows, false);
      await terminal.line("");
    }
    const rows = workers.map(({ workerId, leases }) => ({
      worker: workerId,
      leases,
    }));
    if (rows.length > 0) await writeRows(terminal, WORKERS, rows, isJson());
    else terminal.note("No worker is running");
    if (shards.every(({ state }) => state === "new")) {
      terminal.note(noProgress(stream, options));
    }
  });
}

async function lag(
  context: Context,
  stream: string,
  options: CheckpointOptions & { readonly max?: number },
): Promise<void> {
  const { client, terminal, isJson } = context;
  const { max } = options;
  await withStore(context, stream, options, async (progress, target) => {
    const status = await checkpointStatus(progress);
    if (status.shards.every(({ state }) => state === "new")) {
      throw new Failure(noProgress(stream, options));
    }
    const { signal } = terminal;
    const lags = await lagsOf(status, { client: client(), target, signal });
    const rows = lags.map(({ shard, lagMs, arrivedAt, error }) => ({
      shard: shard.shardId,
      state: shard.state,
      owner: shard.owner,
      ...(isJson() ? { lagMs, oldest: arrivedAt, error } : {
        lag: lagMs === undefined ? undefined : durationText(lagMs),
        oldest: arrivedAt,
      }),
    }));
    await writeRows(terminal, LAGS, rows, isJson());
    checkLags(lags, max);
  });
}

function checkLags(lags: readonly ShardLag[], max: number | undefined): void {
  const failed = lags.filter(({ error }) => error !== undefined);
  if (failed.length > 0) {
    const all = failed.map(({ shard, error }) => `${shard.shardId}: ${error}`);
    throw new Failure(`Cannot measure the lag of ${all.join("; ")}`);
  }
  if (max === undefined) return;
  const late = lags.filter(({ lagMs = 0 }) => lagMs > max);
  if (late.length === 0) return;
  const most = late.reduce((a, b) => a.lagMs! > b.lagMs! ? a : b);
  throw new Failure(
    `${counted(late.length, "shard")} of ${lags.length} lag more than ${
      durationText(max)
    }: ${most.shard.shardId} by ${durationText(most.lagMs!)}`,
  );
}

async function reset(
  context: Context,
  stream: string,
  options: ResetCommandOptions,
): Promise<void> {
  const { terminal } = context;
  const { to, shard: shardIds, dryRun, yes, force } = options;
  const position = to.Timestamp ?? to.Type as "TRIM_HORIZON" | "LATEST";
  await withStore(context, stream, options, async (progress) => {
    const wanted = { ...progress, to: position, shardIds, force };
    const plan = await resetCheckpoints({ ...wanted, dryRun: true });
    const changes = plan.filter(({ action }) => action !== "keep");
    // A name with a typing error is the name of a new application.
    if (plan.every(({ action }) => action === "create")) {
      terminal.note(noProgress(stream, options));
    }
    if (dryRun) return await writePlan(context, plan);
    if (changes.length > 0 && !yes) {
      await writePlan(context, plan);
      const what = counted(changes.length, "shard");
      await agree(
        terminal,
        yes,
        `Change the progress of ${what} of ${stream}?`,
      );
    }
    terminal.onStopAtOnce(() =>
      "some shards may be reset; run the same command again"
    );
    const done = await resetCheckpoints({
      ...wanted,
      onProgress: (_, left) =>
        terminal.progress(`${counted(left, "shard")} to go`),
    });
    // Who was asked has seen the plan.
    if (yes || context.isJson()) await writePlan(context, done);
    terminal.note(
      changes.length === 0
        ? "All shards are there already"
        : `${counted(changes.length, "shard")} reset`,
    );
  });
}

async function writePlan(
  { terminal, isJson }: Context,
  plan: readonly ShardReset[],
): Promise<void> {
  const sorted = [...plan].sort((a, b) => a.shardId < b.shardId ? -1 : 1);
  const rows = sorted.map(({ shardId, action, before, after }) => ({
    shard: shardId,
    action,
    before: checkpointText(before),
    after: checkpointText(after),
  }));
  await writeRows(terminal, RESETS, rows, isJson());
}

function noProgress(stream: string, { store, name }: StoreOptions): string {
  const whose = name === undefined ? "" : ` of ${name}`;
  return `${store.text} has no progress${whose} for ${stream}: check the name, and whether the ` +
    "consumers were given the name or the ARN of the stream";
}
