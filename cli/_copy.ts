/**
 * The command that copies records between streams and files.
 *
 * @module
 */
import type { Command } from "commander";
import {
  positiveNumber,
  startingPosition,
  untilOrNever,
  wholeNumber,
} from "./_arguments.ts";
import { suggestValues } from "./_completions/words.ts";
import type { Context } from "./_context.ts";
import { openCopy } from "./_copy_open.ts";
import type { CopyOptions } from "./_copy_options.ts";
import { runCopy } from "./_copy_run.ts";

/** Adds the command to the program. */
export function addCopyCommand(program: Command, context: Context): void {
  const command = program.command("copy")
    .description("copy the records of a stream or capture to another one")
    .argument("<source>", "a stream, the path of a capture, or -")
    .argument("<destination>", "a stream, the path of a new capture, or -")
    .option(
      "--from <position>",
      "oldest, latest, a time, or an age such as 15m or 2h (default: oldest)",
      startingPosition,
    )
    .option(
      "--until <position>",
      "caught-up (the latest record), never, a time, or an age such as 5m (default: caught-up, or " +
        "never with --from latest)",
      untilOrNever,
    )
    .option("-n, --count <count>", "end after so many records", wholeNumber(1))
    .option(
      "--skip <count>",
      "leave out so many records at the start of a capture",
      wholeNumber(0),
    )
    .option(
      "--speed <factor>",
      "1 for the pace at which the records of a capture arrived, 10 for ten times that",
      positiveNumber,
    )
    .option(
      "--rate <count>",
      "at most so many records a second",
      positiveNumber,
    )
    .option(
      "--unordered",
      "do not keep the order of each partition key: faster",
    )
    .option("--overwrite", "replace the file of the destination")
    .option("--bad <path>", "write records that were refused to this capture")
    .option("--to-region <name>", "the region of the destination")
    .option("--to-endpoint <url>", "the endpoint of the destination")
    .option("--to-profile <name>", "the profile of the destination")
    .addHelpText(
      "after",
      `
An argument with a slash or backslash, or with file: in front, is a path; - is standard input or
output; all others are names or ARNs of streams. For a file in this folder, write ./hour.jsonl.

Records are copied as they are: bytes and partition key. A file is a capture of
@webstreams/kinesis/testing, which replay() plays for a handler.

The first Ctrl-C stops reading, stores what was read, and says how to go on.

Examples:
  $ kinesis copy orders ./hour.jsonl --from 1h
  $ kinesis copy ./hour.jsonl orders-test --endpoint http://localhost:4567 --speed 10
  $ kinesis copy orders orders-copy --to-region eu-west-1 --bad ./bad.jsonl
  $ kinesis copy orders - --from 5m | gzip > minutes.jsonl.gz`,
    )
    .action(async (source, destination, options: CopyOptions) => {
      const run = await openCopy(context, source, destination, options);
      await runCopy(context, run).finally(run.dispose);
    });
  suggestValues(command, {
    from: ["oldest", "latest"],
    until: ["caught-up", "never"],
  });
}
