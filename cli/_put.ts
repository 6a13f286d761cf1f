/**
 * The command that writes values to a stream.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { Producer } from "../producer.ts";
import { partitionKey } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import { WrongUsage } from "./_failure.ts";
import { putLines, type PutLinesOptions } from "./_put_lines.ts";
import {
  type LineValue,
  PUT_PROCESSORS,
  putProcessor,
  valueOfText,
} from "./_put_values.ts";
import { streamTargetOf } from "./_stream_target.ts";

/** Adds the command to the program. */
export function addPutCommand(program: Command, context: Context): void {
  program.command("put")
    .description("write a value, or each line of a file or of standard input")
    .argument("<stream>", "its name or ARN")
    .argument("[value]", "the value; without it, lines are read")
    .option("--file <path>", "read this file, and not standard input")
    .option(
      "--key <text>",
      "the partition key of all values (default: random)",
      partitionKey,
    )
    .addOption(
      new Option(
        "--key-field <name>",
        "the field of the JSON value that has its partition key",
      ).conflicts("key"),
    )
    .addOption(
      new Option("--processor <name>", "how values become records")
        .choices(PUT_PROCESSORS).default("json"),
    )
    .option("--bad <path>", "write lines that were not stored to this file")
    .addHelpText(
      "after",
      `
With json, jsonLines and kplJson, a value is JSON. json and string write a record for each value;
jsonLines packs values of one key, and kplJson values of one shard, into records.

A bad line does not stop the others: it is written to the file of --bad, and the exit code is 1.
Empty lines are left out. The first Ctrl-C stops reading, and stores what was read.

Examples:
  $ kinesis put orders '{"id":1}' --key customer-7
  $ kinesis put orders --file orders.jsonl --key-field customer --bad bad.jsonl
  $ tail -F app.log | kinesis put logs --processor string`,
    )
    .action((stream, value, options) => put(context, stream, value, options));
}

interface PutOptions extends PutLinesOptions {
  readonly processor: string;
  readonly key?: string;
  readonly keyField?: string;
}

async function put(
  context: Context,
  stream: string,
  value: string | undefined,
  options: PutOptions,
): Promise<void> {
  if (options.processor === "string" && options.keyField !== undefined) {
    throw new WrongUsage(
      "A text has no field for --key-field: give --key, or a processor of JSON",
    );
  }
  if (value === undefined) return await putLines(context, stream, options);
  if (options.file !== undefined || options.bad !== undefined) {
    throw new WrongUsage(
      "Give either a value, or lines with --file and --bad",
    );
  }
  await putOne(context, stream, value, options);
}

async function putOne(
  { client, terminal, isJson }: Context,
  stream: string,
  text: string,
  options: PutOptions,
): Promise<void> {
  const value = argumentValue(text, options);
  const { StreamName: streamName, StreamARN: streamARN } = streamTargetOf(
    stream,
  );
  const producer = new Producer<LineValue>({
    client: client(),
    streamName,
    streamARN,
    processor: putProcessor(options.processor),
    lingerMs: 0,
  });
  terminal.onStopAtOnce(() => "Kinesis may have stored the value");
  const receipt = await producer.put(value, { partitionKey: value.key })
    .finally(() => producer[Symbol.asyncDispose]());
  const { shardId, sequenceNumber } = receipt;
  await terminal.line(
    isJson()
      ? JSON.stringify({ shardId, sequenceNumber })
      : `${shardId} ${sequenceNumber}`,
  );
}

function argumentValue(text: string, options: PutOptions): LineValue {
  try {
    return valueOfText(1, text, options);
  } catch (error) {
    const why = (error as Error).message;
    const hint = why.startsWith("not valid JSON")
      ? ": give --processor string to write it as text"
      : "";
    throw new WrongUsage(`The value cannot be put: ${why}${hint}`);
  }
}
