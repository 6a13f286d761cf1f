/**
 * The command line: what can be asked for, and what is wrong with it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { PROCESSORS } from "./processors.ts";

/** What the demo does. */
export interface DemoOptions {
  /** A file of JSON lines, `-` for standard input; `undefined` for the data set that comes along. */
  readonly input: string | undefined;
  /** The field of the input that becomes the partition key; `undefined` to spread the lines over a few keys. */
  readonly key: string | undefined;
  /** The stream; `undefined` for one with a name of its own. */
  readonly stream: string | undefined;
  /** Where Kinesis is; `undefined` for AWS, or for the emulator when there is no region either. */
  readonly endpoint: string | undefined;
  /** The region; `undefined` for that of the environment. */
  readonly region: string | undefined;
  /** Shards of a new stream. */
  readonly shards: number;
  /** The name of a processor in {@linkcode PROCESSORS}. */
  readonly processor: string;
  /** Whether to split and merge shards of a stream that was there before, too. */
  readonly reshard: boolean;
}

/** The user asked for something that cannot be done. The program ends with code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** The answer to `--help`. */
export const HELP: string = `
Writes a data set into a Kinesis stream, reads it back while it is written, splits and merges shards
half way, kills its own consumer once, resumes from the checkpoint, and verifies what arrived.

    deno task demo [options]

    --input FILE       your own data: a file with one JSON value a line, or - for standard input,
                       which is read to its end first. Default: flights and earthquakes
    --key FIELD        the field of your data that is the partition key, for example user.id
                       Default: the lines are spread over 64 keys
    --stream NAME      the stream. One that exists is used as it is and kept; any other is made, and
                       removed at the end. Default: a new one
    --shards N         shards of a new stream. Default: 4
    --processor NAME   ${Object.keys(PROCESSORS).join(", ")}. Default: jsonLines
    --reshard          split and merge shards also if the stream existed before
    --endpoint URL     an emulator or proxy, for example http://localhost:4566
    --region REGION    the region. Default: AWS_REGION
    --help             this text

Without --endpoint and --region everything happens inside this process, in an emulator. With one of
them the credentials of the environment are used (an emulator on this machine needs none). On AWS the
stream costs money while it exists.

Each line of your data must fit into a record of 1 MiB and survive JSON: this is checked before a
stream is made. Ctrl-C ends the demo and removes what it made, a second Ctrl-C ends it at once and says
what is left and how to remove it.

It ends with 0 if every record arrived as it was written and the order of every key was kept; 1 if not,
if something failed or if something could not be removed; 2 if it was asked for something that cannot be
done; 130 after Ctrl-C.
`.trim();

/**
 * Reads the command line; `"help"` if that is all that is wanted.
 *
 * @throws {UsageError} if an option is unknown, misses its value or has one that is not allowed
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
