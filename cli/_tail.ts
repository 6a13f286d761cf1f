/**
 * The command that prints the values of a stream.
 *
 * @module
 */
import type { Command } from "commander";
import { Consumer } from "../consumer.ts";
import type { DecodeError } from "../errors.ts";
import type { Processor } from "../processors/mod.ts";
import type { ConsumerRecord } from "../records.ts";
import {
  pattern,
  startingPosition,
  untilPosition,
  wholeNumber,
} from "./_arguments.ts";
import { suggestValues } from "./_completions/words.ts";
import type { Context } from "./_context.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import { streamTargetOf } from "./_stream_target.ts";
import {
  anyProcessor,
  TAIL_PROCESSORS,
  tailProcessor,
} from "./_tail_processor.ts";
import type { TextValue } from "./_tail_values.ts";
import { counted } from "./_values.ts";

/** How many values that cannot be decoded are described. */
const MOST_NOTES = 10;

/** Adds the command to the program. */
export function addTailCommand(program: Command, context: Context): void {
  const command = program.command("tail")
    .description("print the values of all shards of a stream")
    .argument("<stream>", "its name or ARN")
    .option(
      "--from <position>",
      "latest, oldest (or trim-horizon), a time, or an age such as 15m or 2h (default: latest, or " +
        "oldest with --until)",
      startingPosition,
    )
    .option(
      "--until <position>",
      "caught-up (the latest record), a time, or an age such as 5m (default: no end)",
      untilPosition,
    )
    .option("-n, --count <count>", "end after so many values", wholeNumber(1))
    .option("--grep <regex>", "print only values that match", pattern)
    .option("-i, --ignore-case", "--grep takes A and a for the same")
    .option(
      "--processor <name>",
      "how records become values (default: recognized for each record)",
      tailProcessor,
    )
    .addHelpText(
      "after",
      `
A value is printed on a line, in the order of its shard. With --json the line has its position too.
Without --processor, each record is recognized: aggregated records of the KPL, JSON lines, JSON,
text, and base64 for other bytes. Gzip is recognized with every processor but deflateRaw.

Processors: ${TAIL_PROCESSORS},
<serializer>+<framing> such as msgpack+netstring, and deflateRaw(<processor>).

Examples:
  $ kinesis tail orders
  $ kinesis tail orders --from 15m --grep '"status":"failed"'
  $ kinesis tail orders --from 2026-11-26T08:00:00Z --until 2026-11-26T09:00:00Z > hour.jsonl
  $ kinesis tail orders --until caught-up --json | jq .value
  $ kinesis tail orders --from oldest -n 10 --processor kplJson`,
    )
    .action((stream, options) => tail(context, stream, options));
  suggestValues(command, {
    from: ["latest", "oldest"],
    until: ["caught-up"],
    processor: TAIL_PROCESSORS.split(", "),
  });
}

interface TailOptions {
  readonly from?: ReturnType<typeof startingPosition>;
  readonly until?: "caught-up" | Date;
  readonly count?: number;
  readonly grep?: RegExp;
  readonly ignoreCase?: boolean;
  readonly processor?: Processor<TextValue>;
}

async function tail(
  { client, terminal, isJson }: Context,
  stream: string,
  options: TailOptions,
): Promise<void> {
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  const wanted = wantedBy(options);
  const span = spanOf(options);
  // Fails at once if the stream is missing: a consumer tries several times.
  await client().describeStreamSummary(target, { signal });
  const poison = new Poison((text) => terminal.note(text));
  const consumer = new Consumer<TextValue>({
    client: client(),
    streamName: target.StreamName,
    streamARN: target.StreamARN,
    processor: options.processor ?? anyProcessor(),
    ...span,
    onPoison: (error) => poison.add(error),
  });
  const stop = () => void consumer.close().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  consumer.ready.then(
    () => terminal.progress(`Waiting for values of ${stream}`),
    () => {},
  );
  let left = options.count ?? Infinity;
  try {
    for await (const record of consumer) {
      if (!wanted(record.value.text)) continue;
      const line = isJson() ? jsonOf(record) : record.value.text;
      // The reader of a pipe that has gone, as head goes, is no failure.
      if (!await terminal.line(line)) return;
      if (--left === 0) break;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await consumer.close();
  }
  poison.throwIfAny();
}

/** Where reading starts and ends. */
function spanOf(
  { from, until }: TailOptions,
): { from: "TRIM_HORIZON" | "LATEST" | Date; until?: "caught-up" | Date } {
  // What is there already is wanted if the command ends by itself.
  const Type = until === undefined ? "LATEST" : "TRIM_HORIZON";
  const start = from ?? { Type };
  if (start.Type !== "AT_TIMESTAMP") return { from: start.Type, until };
  const time = start.Timestamp!;
  if (until instanceof Date && until <= time) {
    throw new WrongUsage(
      `--until ${until.toISOString()} must be later than --from ${time.toISOString()}`,
    );
  }
  return { from: time, until };
}

function wantedBy(
  { grep, ignoreCase }: TailOptions,
): (text: string) => boolean {
  if (ignoreCase && !grep) throw new WrongUsage("--ignore-case needs --grep");
  const regex = grep && ignoreCase ? new RegExp(grep, "i") : grep;
  return (text) => regex === undefined || regex.test(text);
}

/** The record as JSON. A value that is JSON is inserted as its writer has sent it. */
function jsonOf(record: ConsumerRecord<TextValue>): string {
  const { text, isJson } = record.value;
  const position = JSON.stringify({
    id: record.id,
    streamName: record.streamName,
    shardId: record.shardId,
    sequenceNumber: record.sequenceNumber,
    subSequenceNumber: record.subSequenceNumber,
    partitionKey: record.partitionKey,
    explicitHashKey: record.explicitHashKey,
    approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  });
  const value = isJson ? text : JSON.stringify(text);
  return `${position.slice(0, -1)},"value":${value}}`;
}

/** Counts the values that cannot be decoded, and describes the first ones. */
class Poison {
  readonly #note: (text: string) => void;
  #count = 0;

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  add(error: DecodeError): void {
    this.#count++;
    if (this.#count > MOST_NOTES) return;
    const { message, cause } = error;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#note(message.includes(why) ? message : `${message}${why}`);
  }

  throwIfAny(): void {
    if (this.#count === 0) return;
    throw new Failure(
      `${
        counted(this.#count, "value")
      } could not be decoded: without --processor, records are ` +
        "recognized",
    );
  }
}
