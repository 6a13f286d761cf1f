/**
 * The command that shows a stream at work.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import type { Checkpointer } from "../checkpoint/mod.ts";
import { systemClock } from "../_core/clock.ts";
import { wholeNumber } from "./_arguments.ts";
import type { Context } from "./_context.ts";
import { WrongUsage } from "./_failure.ts";
import { CloudWatchMetrics } from "./_monitor/cloudwatch_metrics.ts";
import { linesOf } from "./_monitor/lines.ts";
import { describe } from "./_monitor/describe.ts";
import { Monitor } from "./_monitor/monitor.ts";
import { showScreen } from "./_monitor/show_screen.ts";
import type { Snapshot } from "./_monitor/snapshot.ts";
import { servePage } from "./_monitor/serve_page.ts";
import { addStoreOptions, openStore, type StoreOptions } from "./_store.ts";
import { streamTargetOf } from "./_stream_target.ts";

const HIGHEST_PORT = 65_535;
const USUAL_INTERVAL_MS = 2_000;
const SHORTEST_INTERVAL_MS = 500;
const LONGEST_INTERVAL_MS = 3_600_000;

/** Adds the command to the program. */
export function addMonitorCommand(program: Command, context: Context): void {
  const command = addStoreOptions(program.command("monitor"), {
    isOptional: true,
  });
  command
    .description("show a stream at work: shards, rates, throttles, lag")
    .argument("<stream>", "its name or ARN")
    .option("--web", "show a page in a browser of this machine")
    .option(
      "--port <number>",
      "the port of the page; 0 is a free one (default: 0)",
      wholeNumber(0, HIGHEST_PORT),
    )
    .option("--open", "open the page in the default browser")
    .option(
      "--interval <time>",
      "the time between two snapshots (default: 2s)",
      interval,
    )
    .option(
      "-n, --count <count>",
      "end after so many snapshots",
      wholeNumber(1),
    )
    .option("--no-sample", "do not read the tips of the shards")
    .option("--cloudwatch", "read CloudWatch (default: without --endpoint)")
    .option("--no-cloudwatch", "do not read CloudWatch")
    .option(
      "--metrics <url>",
      "the Prometheus endpoint of a worker. Can be given several times",
      metricsUrl,
    )
    .addHelpText(
      "after",
      `
Reading the tips takes 1 of the 5 reads a second of each shard, and the records that it reads count
for the 2 MB a second that all readers of a shard share. At most 50 shards are read a second.

On a terminal it draws a screen: the arrow keys scroll and q ends it. Elsewhere it writes a line for
each snapshot, with --json all of it.

Examples:
  $ kinesis monitor orders
  $ kinesis monitor orders --web --open
  $ kinesis monitor orders --metrics http://127.0.0.1:9464/metrics
  $ kinesis monitor orders --store dynamodb:billing
  $ kinesis monitor orders -n 1 --json | jq .totals`,
    )
    .action((stream, options) => monitor(context, stream, options));
}

interface MonitorCommandOptions extends Partial<StoreOptions> {
  readonly web?: boolean;
  readonly port?: number;
  readonly open?: boolean;
  readonly interval?: number;
  readonly count?: number;
  readonly sample: boolean;
  readonly cloudwatch?: boolean;
  readonly metrics?: readonly URL[];
}

async function monitor(
  context: Context,
  stream: string,
  options: MonitorCommandOptions,
): Promise<void> {
  const { web, port, open, count, interval = USUAL_INTERVAL_MS } = options;
  if (!web && (open || port !== undefined)) {
    throw new WrongUsage(`${open ? "--open" : "--port"} needs --web`);
  }
  const { terminal, isJson } = context;
  const { signal } = terminal;
  const target = streamTargetOf(stream);
  const client = context.client();
  const view = await describe(client, target, signal);
  const store = options.store && await openStore(
    context,
    options as StoreOptions,
  );
  const watching = new Monitor({
    ...{ client, target, stream: view, clock: systemClock },
    fetch: (...request) => fetch(...request),
    intervalMs: interval,
    sample: options.sample,
    cloudWatch: cloudWatchOf(context, options, target.StreamARN ?? view.name),
    metrics: options.metrics ?? [],
    ...(store && {
      leases: (signal) => holdersIn(store.checkpointer, stream, signal),
    }),
  });
  try {
    const screen = web || isJson() ? undefined : await terminal.screen?.();
    // The only snapshot of -n 1 has rates, which need two reads.
    const isFirstAtOnce = web === true ||
      (screen !== undefined && count === undefined);
    const all = watching.snapshots({ signal, isFirstAtOnce });
    const snapshots = limited(all, count);
    if (web) await servePage(context, snapshots, { port: port ?? 0, open });
    else if (screen) await showScreen(screen, snapshots, terminal);
    else await writeLines(context, snapshots);
  } finally {
    await watching.close();
    await store?.close();
  }
}

/** The holder of each lease. The store has the stream as the consumers were given it. */
async function holdersIn(
  checkpointer: Checkpointer,
  stream: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const holders = new Map<string, string>();
  for (
    const { shardId, owner } of await checkpointer.list(stream, { signal })
  ) {
    if (owner !== undefined) holders.set(shardId, owner);
  }
  return holders;
}

/** CloudWatch, or why it is not asked. */
function cloudWatchOf(
  { client, hasEndpoint }: Context,
  { cloudwatch }: MonitorCommandOptions,
  stream: string,
): CloudWatchMetrics | string {
  if (cloudwatch === false) return "--no-cloudwatch";
  if (cloudwatch === true || !hasEndpoint()) {
    return new CloudWatchMetrics(client(), stream);
  }
  return "an emulator has none; --cloudwatch asks it nevertheless";
}

async function* limited<T>(
  items: AsyncIterable<T>,
  count = Infinity,
): AsyncGenerator<T> {
  let left = count;
  for await (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

async function writeLines(
  { terminal, isJson }: Context,
  snapshots: AsyncIterable<Snapshot>,
): Promise<void> {
  let last: Snapshot | undefined;
  for await (const snapshot of snapshots) {
    const lines = isJson()
      ? [JSON.stringify(snapshot)]
      : linesOf(snapshot, last);
    for (const line of lines) if (!await terminal.line(line)) return;
    last = snapshot;
  }
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

function interval(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|[smh])$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS_MS[unit ?? ""] ?? NaN);
  if (ms >= SHORTEST_INTERVAL_MS && ms <= LONGEST_INTERVAL_MS) return ms;
  throw new InvalidArgumentError(
    "It must be a time from 500ms to 1h, such as 2s or 1m.",
  );
}

function metricsUrl(text: string, before: readonly URL[] = []): readonly URL[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InvalidArgumentError(
      "It must be a URL such as http://127.0.0.1:9464/metrics.",
    );
  }
  return [...before, url];
}
