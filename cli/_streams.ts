/**
 * The commands about streams: list and describe.
 *
 * @module
 */
import type { Command } from "commander";
import type { Shard } from "../client/mod.ts";
import { duration } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import type { Rate } from "./_monitor/rate_window.ts";
import { bytesText, numberText } from "./_monitor/units.ts";
import { sampledRates } from "./_sampled_rates.ts";
import { streamTargetOf } from "./_stream_target.ts";
import { type Row, writeRows } from "./_table.ts";

const STREAMS = ["name", "status", "mode", "created"];
const SHARDS = ["shard", "state", "share", "hash keys", "parents"];
const RATES = ["records/s", "data/s"];
/** The number of hash keys. */
const HASH_KEYS = 2n ** 128n;
/** Bits of a hash key that are not shown: the first 8 of its 32 hexadecimal digits are. */
const HIDDEN_BITS = 96n;

/** Adds the commands to the program. */
export function addStreamCommands(program: Command, context: Context): void {
  program.command("list")
    .description("list the streams of the account and region")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis list
  $ kinesis list --region eu-west-1 --json | jq -r .name`,
    )
    .action(() => listStreams(context));
  program.command("describe")
    .description("show a stream and its shards")
    .argument("<stream>", "its name or ARN")
    .option("--open", "only open shards")
    .option(
      "--sample <time>",
      "read the open shards for so long, such as 5s, to show what is written",
      duration,
    )
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis describe orders --open
  $ kinesis describe orders --open --sample 5s
  $ kinesis describe orders --json | jq .RetentionPeriodHours`,
    )
    .action((stream, options) => describeStream(context, stream, options));
}

async function listStreams({ client, terminal, isJson }: Context) {
  const rows = [];
  const { signal } = terminal;
  for await (const stream of client().listAllStreams({}, { signal })) {
    rows.push({
      name: stream.StreamName,
      status: stream.StreamStatus,
      mode: stream.StreamModeDetails?.StreamMode,
      created: stream.StreamCreationTimestamp,
    });
  }
  if (rows.length === 0 && !isJson()) terminal.note("There are no streams");
  else await writeRows(terminal, STREAMS, rows, isJson());
}

async function describeStream(
  context: Context,
  stream: string,
  { open, sample }: { open?: boolean; sample?: number },
) {
  const { client, terminal, isJson } = context;
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  const { StreamDescriptionSummary: summary } = await client()
    .describeStreamSummary(target, { signal });
  const listed = await Array.fromAsync(
    client().listAllShards({
      ...target,
      ShardFilter: open ? { Type: "AT_LATEST" } : undefined,
    }, { signal }),
  );
  const rateOf = sample === undefined ? undefined : await sampledRates(
    context,
    target,
    listed.filter(isOpen).map(({ ShardId }) => ShardId),
    sample,
  );
  const shards = listed.map((shard) => ({
    ...shardRow(shard, isJson()),
    ...rateOf && rateCells(rateOf(shard.ShardId), isJson()),
  }));
  if (isJson()) {
    await terminal.line(JSON.stringify({ ...summary, shards }));
    return;
  }
  const facts: [string, unknown][] = [
    ["name", summary.StreamName],
    ["status", summary.StreamStatus],
    ["mode", summary.StreamModeDetails?.StreamMode],
    ["retention", `${summary.RetentionPeriodHours} hours`],
    ["open shards", summary.OpenShardCount],
    ["consumers", summary.ConsumerCount],
    ["queues", summary.QueueCount],
    ["distribution", summary.RecordDistributionStrategy],
    ["encryption", summary.EncryptionType],
    ["arn", summary.StreamARN],
  ];
  for (const [name, value] of facts) {
    if (value === undefined) continue;
    if (!await terminal.line(`${name.padEnd(14)}${value}`)) return;
  }
  await terminal.line("");
  const columns = rateOf ? [...SHARDS, ...RATES] : SHARDS;
  await writeRows(terminal, columns, shards, false);
}

function isOpen({ SequenceNumberRange }: Shard): boolean {
  return SequenceNumberRange.EndingSequenceNumber === undefined;
}

/** The cells of a shard; the whole hash keys for programs. */
function shardRow(shard: Shard, isForPrograms: boolean): Row {
  const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
  const [from, to] = [BigInt(StartingHashKey), BigInt(EndingHashKey)];
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId]
    .filter((id) => id !== undefined);
  return {
    shard: shard.ShardId,
    state: isOpen(shard) ? "open" : "closed",
    share: `${Number((to - from + 1n) * 1000n / HASH_KEYS) / 10} %`,
    ...isForPrograms
      ? { startingHashKey: StartingHashKey, endingHashKey: EndingHashKey }
      : { "hash keys": `${shortKey(from)}-${shortKey(to)}` },
    parents: parents.join(" ") || undefined,
  };
}

function shortKey(hashKey: bigint): string {
  return (hashKey >> HIDDEN_BITS).toString(16).padStart(8, "0");
}

function rateCells(rate: Rate | undefined, isForPrograms: boolean): Row {
  if (!rate) return {};
  if (isForPrograms) return { ...rate };
  return {
    "records/s": numberText(rate.recordsPerSecond),
    "data/s": bytesText(rate.bytesPerSecond),
  };
}
