/**
 * The command line of the demo.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { PROCESSORS } from "./processors.ts";

/** Options of the demo. */
export interface DemoOptions {
  /** A file of JSON lines, or `-` for standard input. `undefined` for the sample data. */
  readonly input: string | undefined;
  /** The field of the input that is the partition key. `undefined` to use 64 keys in turn. */
  readonly key: string | undefined;
  /** The name of the stream. `undefined` for a new name. */
  readonly stream: string | undefined;
  /** The endpoint. `undefined` for AWS, or for the emulator if there is no region either. */
  readonly endpoint: string | undefined;
  /** The region. `undefined` for that of the environment. */
  readonly region: string | undefined;
  /** Number of shards of a new stream. */
  readonly shards: number;
  /** The name of a processor in {@linkcode PROCESSORS}. */
  readonly processor: string;
  /** Whether to split and merge shards also if the stream existed before. */
  readonly reshard: boolean;
}

/** The options or the input cannot be used. The program ends with code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** The answer to `--help`. */
export const HELP: string = `
Writes a data set into a Kinesis stream and reads it back at the same time. Half way it splits and
merges shards. It kills its own consumer once, resumes from the checkpoint, and verifies the result.

    deno task demo [options]

    --input FILE       your own data: a file with one JSON value per line, or - for standard input,
                       which is read to its end first. Default: flights and earthquakes
    --key FIELD        the field of your data that is the partition key, for example user.id
                       Default: the lines are spread over 64 keys
    --stream NAME      the stream. A stream that exists is used as it is and kept. Otherwise it is
                       created, and removed at the end. Default: a new name
    --shards N         shards of a new stream. Default: 4
    --processor NAME   ${Object.keys(PROCESSORS).join(", ")}. Default: jsonLines
    --reshard          split and merge shards also if the stream existed before
    --endpoint URL     an emulator or proxy, for example http://localhost:4566
    --region REGION    the region. Default: AWS_REGION
    --help             this text

Without --endpoint and --region the demo uses an emulator in its own process. With one of them it
uses the credentials of the environment (an emulator on this machine needs none). On AWS the stream
costs money while it exists.

Each line of your data must fit into a record of 1 MiB and must not change in JSON. This is checked
before a stream is created. Ctrl-C ends the demo and removes everything that it created. A second
Ctrl-C ends it at once and prints what is left and how to remove it.

Exit codes: 0 if every record arrived unchanged and every key kept its order; 1 if not, or if
something failed or could not be removed; 2 if the options or the data cannot be used; 130 after
Ctrl-C.
`.trim();

/**
 * Parses the command line. Returns `"help"` for `--help`.
 *
 * @throws {UsageError} if an option is unknown, has no value or has an invalid value
 */
export function parseOptions(args: string[]): DemoOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { input, key, stream, endpoint, region, processor } = values;
  for (const [name, value] of Object.entries(values)) {
    if (value === "") {
      throw new UsageError(`Cannot use --${name} as its value is empty`);
    }
  }
  if (key !== undefined && input === undefined) {
    throw new UsageError("Cannot use --key without --input");
  }
  if (!Object.hasOwn(PROCESSORS, processor)) {
    throw new UsageError(
      `Cannot use --processor ${processor}: it must be one of ${
        Object.keys(PROCESSORS).join(", ")
      }`,
    );
  }
  if (stream !== undefined && !/^[\w.-]{1,128}$/.test(stream)) {
    throw new UsageError(
      `Cannot use --stream ${stream}: it must be 1 to 128 letters, digits, underscores, dots and hyphens`,
    );
  }
  const shards = Number(values.shards);
  if (!Number.isInteger(shards) || shards < 1 || shards > 1000) {
    throw new UsageError(
      `Cannot use --shards ${values.shards}: it must be 1 to 1000`,
    );
  }
  const { reshard } = values;
  return { input, key, stream, endpoint, region, shards, processor, reshard };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        input: { type: "string" },
        key: { type: "string" },
        stream: { type: "string" },
        endpoint: { type: "string" },
        region: { type: "string" },
        shards: { type: "string", default: "4" },
        processor: { type: "string", default: "jsonLines" },
        reshard: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${message.split("\n")[0]} (--help lists all options)`,
    );
  }
}
