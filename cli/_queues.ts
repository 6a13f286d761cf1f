/**
 * The commands about queues: list, create, delete, tail and redrive.
 *
 * @module
 */
import type { Command } from "commander";
import type { KinesisClient } from "../client/mod.ts";
import { kplBytes } from "../processors/mod.ts";
import { QueueConsumer, type RedriveProgress } from "../queue.ts";
import type { QueueRecord } from "../records.ts";
import { agree } from "./_agree.ts";
import { positiveNumber, startingPosition, wholeNumber } from "./_arguments.ts";
import { suggestValues } from "./_completions/words.ts";
import type { Context } from "./_context.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import { IdleTime } from "./_queue_idle.ts";
import { queueArnOf, streamArnOf } from "./_queue_reference.ts";
import { writeRows } from "./_table.ts";
import { anyText, type TextValue } from "./_tail_values.ts";
import { textOfBytes } from "./_values.ts";

/** The records that a queue may have delivered at a time. What is only looked at is held. */
const MOST_HELD = 120_000;
const COLUMNS = ["name", "status", "stream", "created", "arn"];

/** Adds the commands to the program. */
export function addQueueCommands(program: Command, context: Context): void {
  const queues = program.command("queues")
    .description("list, create, delete, read and repair queues")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues list
  $ kinesis queues tail invoices --peek -n 10`,
    );
  queues.command("list")
    .description("list the queues of the account and region")
    .option("--stream <name|arn>", "only queues of this stream")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues list
  $ kinesis queues list --stream orders --json | jq -r .name`,
    )
    .action((options) => listQueues(context, options));
  const create = queues.command("create")
    .description("create a queue over an on-demand stream, and wait for it")
    .argument("<name>", "the name of the queue")
    .requiredOption("--stream <name|arn>", "the stream")
    .option(
      "--from <position>",
      "where its records start: oldest, latest or a time (default: latest)",
      startingPosition,
    )
    .option(
      "--visibility <seconds>",
      "how long a received record is invisible to others",
      wholeNumber(0, 43_200),
      30,
    )
    .option(
      "--max-receives <count>",
      "deliveries after which a record is a dead letter (default: 6)",
      wholeNumber(1, 1000),
    )
    .option("--no-dead-letters", "deliver records without end")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues create invoices --stream orders
  $ kinesis queues create invoices --stream orders --from oldest --max-receives 3`,
    )
    .action((name, options) => createQueue(context, name, options));
  suggestValues(create, { from: ["latest", "oldest"] });
  queues.command("delete")
    .description("delete a queue with its dead letters")
    .argument("<queue>", "its name or ARN")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues delete invoices
  $ kinesis queues delete invoices --yes`,
    )
    .action((queue, options) => deleteQueue(context, queue, options));
  queues.command("tail")
    .description("print the values of a queue")
    .argument("<queue>", "its name or ARN")
    .option("--acknowledge", "remove what was printed")
    .option(
      "--peek",
      "give back what was received: it counts as a delivery, and stays invisible until the end",
    )
    .option("--dead-letters", "print the dead letters of the queue")
    .option("-n, --count <count>", "end after so many values", wholeNumber(1))
    .option(
      "--idle <seconds>",
      "end if no value arrives for so long",
      positiveNumber,
    )
    .option("--grep <text>", "print only values that contain this text")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues tail invoices --peek -n 10
  $ kinesis queues tail invoices --acknowledge --json > done.jsonl
  $ kinesis queues tail invoices --dead-letters --peek --idle 2`,
    )
    .action((queue, options) => tailQueue(context, queue, options));
  queues.command("redrive")
    .description("put dead letters back into their queue")
    .argument("<queue>", "its name or ARN")
    .option("--grep <text>", "only dead letters that contain this text")
    .option("--rate <count>", "most a second", positiveNumber, 100)
    .option("--limit <count>", "end after so many", wholeNumber(1))
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis queues redrive invoices --limit 10
  $ kinesis queues redrive invoices --grep order-17 --yes --json`,
    )
    .action((queue, options) => redriveQueue(context, queue, options));
}

async function listQueues(
  { client, terminal, isJson }: Context,
  { stream }: { stream?: string },
): Promise<void> {
  const { signal } = terminal;
  const StreamFilter = stream === undefined
    ? undefined
    : [{ StreamARN: await streamArnOf(client(), stream, signal) }];
  const rows = [];
  for await (
    const queue of client().listAllQueues({ StreamFilter }, { signal })
  ) {
    rows.push({
      name: queue.QueueName,
      status: queue.QueueStatus,
      stream: queue.Streams[0]?.StreamARN.split("/").at(-1),
      created: queue.QueueCreationTimestamp,
      arn: queue.QueueARN,
    });
  }
  if (rows.length === 0 && !isJson()) terminal.note("There are no queues");
  else await writeRows(terminal, COLUMNS, rows, isJson());
}

async function createQueue(
  { client, terminal, isJson }: Context,
  name: string,
  options: {
    stream: string;
    from?: ReturnType<typeof startingPosition>;
    visibility: number;
    maxReceives?: number;
    deadLetters: boolean;
  },
): Promise<void> {
  const { signal } = terminal;
  const { from = { Type: "LATEST" }, deadLetters, maxReceives = 6 } = options;
  if (!deadLetters && options.maxReceives !== undefined) {
    throw new WrongUsage(
      "Give either --max-receives or --no-dead-letters, which delivers records without end",
    );
  }
  const StreamARN = await streamArnOf(client(), options.stream, signal);
  const { QueueDescription } = await client().createQueue({
    QueueName: name,
    StreamConfigurationList: [{ StreamARN, StartingPosition: from }],
    QueueAttributes: {
      VisibilityTimeoutSeconds: options.visibility,
      DeadLetterConfiguration: deadLetters
        ? { TargetType: "BUILT_IN", MaxReceiveCount: maxReceives }
        : { TargetType: "NONE" },
    },
  }, { signal });
  const { QueueARN } = QueueDescription;
  terminal.progress(`Waiting for ${name} to be ACTIVE`);
  const { QueueStatus } = await client().waitUntilQueueActive(
    { QueueARN },
    { signal },
  );
  await terminal.line(
    isJson()
      ? JSON.stringify({ name, status: QueueStatus, arn: QueueARN })
      : QueueARN,
  );
}

async function deleteQueue(
  { client, terminal, isJson }: Context,
  queue: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { signal } = terminal;
  const QueueARN = await queueArnOf(client(), queue, signal);
  await agree(terminal, yes, `Delete ${queue} with its dead letters?`);
  await client().deleteQueue({ QueueARN }, { signal });
  terminal.progress(`Waiting until ${queue} is deleted`);
  await client().waitUntilQueueDeleted({ QueueARN }, { signal });
  if (isJson()) {
    await terminal.line(JSON.stringify({ deleted: QueueARN }));
  } else terminal.note(`Deleted ${QueueARN}`);
}

interface TailOptions {
  readonly acknowledge?: boolean;
  readonly peek?: boolean;
  readonly deadLetters?: boolean;
  readonly count?: number;
  readonly idle?: number;
  readonly grep?: string;
}

async function tailQueue(
  { client, terminal, isJson }: Context,
  name: string,
  options: TailOptions,
): Promise<void> {
  const { acknowledge, peek, count = Infinity, idle, grep } = options;
  if (!acknowledge === !peek) {
    throw new WrongUsage(
      "Give either --peek, which counts as a delivery of each value, or --acknowledge, which removes " +
        "what was printed",
    );
  }
  const queueARN = await queueArnOf(client(), name, terminal.signal);
  // Without a filter, nothing is received that is not printed: each delivery counts.
  const most = grep === undefined && count < Infinity
    ? Math.min(count, MOST_HELD)
    : MOST_HELD;
  const idleTime = new IdleTime(idle, () => stop());
  const queue = consumerOf(client(), queueARN, idleTime, most);
  const stream = options.deadLetters ? queue.deadLetters() : queue;
  const stop = () => void stream.close().catch(() => {});
  terminal.onStopAtOnce(() =>
    "what was received and not removed is delivered again later"
  );
  terminal.signal.addEventListener("abort", stop, { once: true });
  if (terminal.signal.aborted) stop();
  let left = count;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value: record } = await idleTime.during(
        reader.read(),
      );
      if (done) break;
      const value = anyText.deserialize(record.value);
      const isWanted = grep === undefined || value.text.includes(grep);
      const hasReader = !isWanted ||
        await terminal.line(isJson() ? jsonOf(record, value) : value.text);
      // Everything else is given back when the stream is closed: before, this command would receive
      // it again.
      if (acknowledge && isWanted && hasReader) record.ack();
      if (!hasReader || isWanted && --left === 0) break;
    }
    await reader.cancel();
  } finally {
    // Gives the rest back, and waits for the answers.
    terminal.signal.removeEventListener("abort", stop);
    await stream.close();
  }
}

async function redriveQueue(
  { client, terminal, isJson }: Context,
  name: string,
  options: { grep?: string; rate: number; limit?: number; yes?: boolean },
): Promise<void> {
  const { grep, rate, limit, yes } = options;
  const queueARN = await queueArnOf(client(), name, terminal.signal);
  await agree(
    terminal,
    yes,
    `Put ${
      grep === undefined ? "all" : "the chosen"
    } dead letters of ${name} back into the queue?`,
  );
  const started = performance.now();
  let last: RedriveProgress | undefined;
  const redriving = consumerOf(client(), queueARN).redrive({
    where: grep === undefined
      ? undefined
      : ({ value }) => textOfBytes(value).includes(grep),
    ratePerSecond: rate,
    limit,
    signal: terminal.signal,
    onProgress: (progress) => {
      last = progress;
      const { restored } = progress;
      const seconds = (performance.now() - started) / 1000;
      terminal.progress(
        `${countsOf(progress)}, ${Math.round(restored / seconds)} a second`,
      );
    },
  });
  const summary = await redriving.catch((error) => {
    if (last) terminal.note(`Ended early: ${countsOf(last)}`);
    throw error;
  });
  await terminal.line(
    isJson() ? JSON.stringify(summary) : countsOf(summary),
  );
  const { failed } = summary;
  if (failed > 0) {
    throw new Failure(`${failed} dead letters could not be restored`);
  }
}

function countsOf({ restored, kept, failed }: RedriveProgress): string {
  return `${restored} restored, ${kept} kept, ${failed} failed`;
}

function consumerOf(
  client: KinesisClient,
  queueARN: string,
  idleTime?: IdleTime,
  maxInFlight?: number,
): QueueConsumer<Uint8Array<ArrayBuffer>> {
  return new QueueConsumer({
    client,
    queueARN,
    // Aggregates of the KPL, and any other record as it is.
    processor: kplBytes(),
    onPoison: "return",
    closeTimeoutMs: 0,
    maxInFlight,
    waitTimeSeconds: idleTime?.waitSeconds ?? 2,
    hooks: { onReceive: idleTime?.onReceive },
  });
}

function jsonOf(
  record: QueueRecord<Uint8Array<ArrayBuffer>>,
  { text, isJson }: TextValue,
): string {
  const position = JSON.stringify({
    ...record,
    value: undefined,
    id: record.id,
  });
  const value = isJson ? text : JSON.stringify(text);
  return `${position.slice(0, -1)},"value":${value}}`;
}
