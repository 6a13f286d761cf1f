/**
 * The commands that create and delete a stream.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { agree } from "./_agree.ts";
import { wholeNumber } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import { streamTargetOf } from "./_stream_target.ts";

/** Adds the commands to the program. */
export function addStreamChangeCommands(
  program: Command,
  context: Context,
): void {
  program.command("create")
    .description("create a stream")
    .argument("<name>", "the name of the stream")
    .addOption(
      new Option("--shards <count>", "provisioned, with so many shards")
        .argParser(wholeNumber(1)).conflicts("onDemand"),
    )
    .option("--on-demand", "on demand, which is the default")
    .option("--wait", "wait until the stream is ACTIVE")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis create orders
  $ kinesis create orders --shards 4 --wait
  $ kinesis create orders --wait --json | jq -r .arn`,
    )
    .action((name, options) => createStream(context, name, options));
  program.command("delete")
    .description("delete a stream with its records, and wait for it")
    .argument("<stream>", "its name or ARN")
    .option("-y, --yes", "do not ask")
    .option(
      "--with-consumers",
      "also if consumers of enhanced fan-out are registered",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis delete orders
  $ kinesis delete orders --yes --with-consumers`,
    )
    .action((stream, options) => deleteStream(context, stream, options));
}

async function createStream(
  { client, terminal, isJson }: Context,
  name: string,
  { shards, wait }: { shards?: number; wait?: boolean },
): Promise<void> {
  const { signal } = terminal;
  await client().createStream({
    StreamName: name,
    ...(shards === undefined
      ? { StreamModeDetails: { StreamMode: "ON_DEMAND" } }
      : { ShardCount: shards }),
  }, { signal });
  if (wait) {
    terminal.progress(`Waiting for ${name} to be ACTIVE`);
    await client().waitUntilActive({ StreamName: name }, { signal });
  }
  const { StreamDescriptionSummary: stream } = await client()
    .describeStreamSummary({ StreamName: name }, { signal });
  const { StreamARN: arn, StreamStatus: status } = stream;
  await terminal.line(isJson() ? JSON.stringify({ name, status, arn }) : arn);
}

async function deleteStream(
  { client, terminal, isJson }: Context,
  stream: string,
  { yes, withConsumers }: { yes?: boolean; withConsumers?: boolean },
): Promise<void> {
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  // Asks only about a stream that exists.
  const { StreamDescriptionSummary: { StreamARN } } = await client()
    .describeStreamSummary(target, { signal });
  await agree(
    terminal,
    yes,
    `Delete the stream ${stream} with all its records?`,
  );
  await client().deleteStream({
    ...target,
    EnforceConsumerDeletion: withConsumers,
  }, { signal });
  terminal.progress(`Waiting until ${stream} is deleted`);
  await client().waitUntilDeleted(target, { signal });
  if (isJson()) await terminal.line(JSON.stringify({ deleted: StreamARN }));
  else terminal.note(`Deleted ${StreamARN}`);
}
