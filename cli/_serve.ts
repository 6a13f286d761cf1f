/**
 * The command that runs a Kinesis in memory.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { KinesisServer } from "../testing/mod.ts";
import { wholeNumber } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import { WrongUsage } from "./_failure.ts";
import { listen } from "./_http_server.ts";

/** The port that emulators of Kinesis commonly use. */
const PORT = 4567;
const HIGHEST_PORT = 65_535;
const REGION = "us-east-1";

/** Adds the command to the program. */
export function addServeCommand(program: Command, context: Context): void {
  program.command("serve")
    .description("run a Kinesis in memory, for development and tests")
    .option(
      "--port <number>",
      "the port on the loopback interface; 0 is a free one",
      wholeNumber(0, HIGHEST_PORT),
      PORT,
    )
    .option(
      "--stream <name[:shards]>",
      "a stream to begin with; on demand without a number of shards. Can be given several times",
      streamOption,
    )
    .option("--no-limits", "do not limit rates as Kinesis does")
    .addHelpText(
      "after",
      `
Nothing is stored: streams and records are gone when the command ends. Every access key is accepted.
The variables that it prints let all programs in that terminal use it, those of AWS as well.

Examples:
  $ kinesis serve --stream orders:4
  $ kinesis serve --port 0 --json`,
    )
    .action((options) => serve(context, options));
}

interface ServedStream {
  readonly name: string;
  readonly shards: number | undefined;
}

interface ServeOptions {
  readonly port: number;
  readonly stream?: readonly ServedStream[];
  readonly limits: boolean;
}

function streamOption(
  text: string,
  before: readonly ServedStream[] = [],
): readonly ServedStream[] {
  const [, name, shards] = /^([\w.-]{1,128})(?::(\d+))?$/.exec(text) ?? [];
  const count = shards === undefined ? undefined : Number(shards);
  if (name === undefined || count === 0) {
    throw new InvalidArgumentError(
      "It must be a name of letters, digits, '_', '-' and '.', and may end with the number of shards, as in orders:4.",
    );
  }
  return [...before, { name, shards: count }];
}

async function serve(
  { terminal, isJson }: Context,
  { port, stream: streams = [], limits }: ServeOptions,
): Promise<void> {
  const kinesis = new KinesisServer({ region: REGION, limits });
  for (const { name, shards } of streams) {
    try {
      kinesis.createStream(name, shards ? { shards } : { mode: "ON_DEMAND" });
    } catch (error) {
      // The name is given twice, or a limit of an account is reached.
      const why = error instanceof Error ? error.message : `${error}`;
      throw new WrongUsage(`Cannot serve the stream ${name}: ${why}`);
    }
  }
  const server = await listen(kinesis.fetch, port);
  try {
    const endpoint = `http://127.0.0.1:${server.port}`;
    if (isJson()) {
      await terminal.line(JSON.stringify({ endpoint, region: REGION }));
    } else {
      terminal.note("Kinesis in memory, until Ctrl-C. In other terminals:\n");
      await terminal.line(
        `export AWS_ENDPOINT_URL_KINESIS=${endpoint} AWS_REGION=${REGION} ` +
          "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
      );
    }
    await aborted(terminal.signal);
  } finally {
    await server.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
