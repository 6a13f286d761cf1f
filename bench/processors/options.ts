/**
 * The command line of the benchmark.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { MAX_RECORD_BYTES } from "../../_aws/limits.ts";
import { positiveNumber, wholeNumber } from "../../cli/_arguments.ts";
import { PEERS_HOME } from "../peers/install.ts";
import { NAMES } from "./names.ts";

/** The options. The defaults are those of the benchmark of async-kinesis. */
export interface Options {
  readonly records: number;
  readonly recordSizeKb: number;
  readonly shards: number;
  readonly iterations: number;
  readonly processors: readonly string[];
  /** See `maxRecordBytes` of the producer. */
  readonly maxRecordBytes?: number;
  readonly dryRun?: boolean;
  readonly python: boolean;
  readonly markdown?: boolean;
  readonly json?: boolean;
  readonly home: string;
}

/** More shards than an account has by default are a mistake. */
const MOST_SHARDS = 500;
/** The largest value, in KiB: larger ones need larger records than a stream has by default. */
const MOST_KIB = 1000;

/** Makes the program, which calls `run` with valid options. */
export function programOf(run: (options: Options) => Promise<void>): Command {
  return new Command("bench:processors")
    .description(
      "Writes values to an in-memory Kinesis that has the limits of the service and reads them back," +
        " with each processor, beside async-kinesis (Python)",
    )
    .option(
      "-n, --records <count>",
      "values of a run",
      wholeNumber(1, 10_000_000),
      50_000,
    )
    .option("-s, --record-size-kb <size>", "KiB of a value as JSON", size, 1)
    .option(
      "--shards <count>",
      "shards of the stream",
      wholeNumber(1, MOST_SHARDS),
      1,
    )
    .option("-i, --iterations <count>", "runs of each row", wholeNumber(1), 1)
    .addOption(
      new Option(
        "-p, --processors <names>",
        `processors, separated by commas: ${NAMES.join(", ")}`,
      ).argParser(namesOf).default(NAMES, "all"),
    )
    .option(
      "--max-record-bytes <bytes>",
      "the largest Kinesis record of our producer (default: that of the producer)",
      wholeNumber(1024, MAX_RECORD_BYTES),
    )
    .option("--dry-run", "only encode: no Kinesis, no limits")
    .option("--no-python", "without async-kinesis")
    .option("--home <folder>", "where async-kinesis is installed", PEERS_HOME)
    .option("--markdown", "print the table as Markdown")
    .addOption(
      new Option("--json", "print each run as a line of JSON")
        .conflicts("markdown"),
    )
    .allowExcessArguments(false)
    .showHelpAfterError("(--help describes every option)")
    .action(async (options: Options) => await run(options));
}

function size(text: string): number {
  const value = positiveNumber(text);
  if (value <= MOST_KIB) return value;
  throw new InvalidArgumentError(`It must be at most ${MOST_KIB}.`);
}

function namesOf(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (NAMES.includes(name)) continue;
    throw new InvalidArgumentError(
      `"${name}" is no processor. It must be some of ${NAMES.join(", ")}.`,
    );
  }
  return [...new Set(names)];
}
