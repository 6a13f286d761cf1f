/**
 * The commands about streams: list and describe.
 *
 * @module
 */
import type { Command } from "commander";
import type { Context } from "./_context.ts";
import { streamTargetOf } from "./_stream_target.ts";
import { writeRows } from "./_table.ts";

const STREAMS = ["name", "status", "mode", "created"];
const SHARDS = ["shard", "state", "share", "parents"];
/** The number of hash keys. */
const HASH_KEYS = 2n ** 128n;

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
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis describe orders --open
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
  { client, terminal, isJson }: Context,
  stream: string,
  { open }: { open?: boolean },
) {
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  const { StreamDescriptionSummary: summary } = await client()
    .describeStreamSummary(target, { signal });
  const shards = [];
  for await (
    const shard of client().listAllShards({
      ...target,
      ShardFilter: open ? { Type: "AT_LATEST" } : undefined,
    }, { signal })
  ) {
    const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
    const keys = BigInt(EndingHashKey) - BigInt(StartingHashKey) + 1n;
    const isClosed =
      shard.SequenceNumberRange?.EndingSequenceNumber !== undefined;
    const parents = [shard.ParentShardId, shard.AdjacentParentShardId]
      .filter((id) => id !== undefined);
    shards.push({
      shard: shard.ShardId,
      state: isClosed ? "closed" : "open",
      share: `${Number(keys * 1000n / HASH_KEYS) / 10} %`,
      parents: parents.join(" ") || undefined,
    });
  }
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
  await writeRows(terminal, SHARDS, shards, false);
}
