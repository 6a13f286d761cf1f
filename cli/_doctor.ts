/**
 * The command that finds out what is wrong.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { KinesisClient } from "../client/mod.ts";
import { duration } from "./_arguments.ts";
import { colors } from "./_colors.ts";
import { environmentOf } from "./_connection.ts";
import { suggestValues } from "./_completions/words.ts";
import type { Context } from "./_context.ts";
import {
  type Check,
  type Exam,
  type Need,
  NEEDS,
  type Status,
} from "./_doctor/check.ts";
import { checkpointsCheck } from "./_doctor/checkpoints.ts";
import { clockCheck } from "./_doctor/clock.ts";
import { consumersCheck } from "./_doctor/consumers.ts";
import { credentialsCheck, credentialsFinder } from "./_doctor/credentials.ts";
import { encryptionCheck } from "./_doctor/encryption.ts";
import { endpointCheck, regionCheck } from "./_doctor/endpoint.ts";
import { examine, type Result } from "./_doctor/examine.ts";
import { hotShardsCheck } from "./_doctor/hot_shards.ts";
import { lagCheck, retentionCheck } from "./_doctor/lag.ts";
import { onDemandLimitCheck, shardLimitCheck } from "./_doctor/limits.ts";
import { cloudWatchCheck } from "./_doctor/metrics.ts";
import {
  adminCheck,
  fanOutCheck,
  readCheck,
  writeCheck,
} from "./_doctor/permissions.ts";
import { sampleCheck } from "./_doctor/sample.ts";
import { shardsCheck } from "./_doctor/shards.ts";
import { signatureCheck } from "./_doctor/signature.ts";
import { distributionCheck, streamCheck } from "./_doctor/stream.ts";
import {
  readThrottlesCheck,
  writeThrottlesCheck,
} from "./_doctor/throttles.ts";
import { addStoreOptions, openStore, type StoreOptions } from "./_store.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import { counted } from "./_values.ts";

/** The checks that need no stream. */
const OF_CONNECTION: readonly Check[] = [
  credentialsCheck,
  regionCheck,
  endpointCheck,
  clockCheck,
  signatureCheck,
];
const OF_ACCOUNT: readonly Check[] = [
  adminCheck,
  shardLimitCheck,
  onDemandLimitCheck,
];
/** The longest time of a check, in milliseconds. */
const TIMEOUT_MS = 10_000;

interface DoctorOptions extends Omit<StoreOptions, "store"> {
  readonly store?: StoreOptions["store"];
  readonly for?: readonly Need[];
  readonly sample?: number;
  readonly timeout: number;
  readonly cloudwatchEndpoint?: string;
}

/** Adds the command to the program. */
export function addDoctorCommand(program: Command, context: Context): void {
  const command = addStoreOptions(
    program.command("doctor"),
    { isOptional: true },
  )
    .description("find out what is wrong, and say what to do")
    .argument(
      "[stream]",
      "its name or ARN; without it, only the account is checked",
    )
    .addOption(
      new Option(
        "--for <needs>",
        `what must be allowed: some of ${NEEDS.join()}, with commas`,
      ).argParser(needsOf),
    )
    .option(
      "--sample <time>",
      "read the shards for so long, such as 10s, to see how they share the traffic",
      duration,
    )
    .addOption(
      new Option("--timeout <time>", "the longest time of each check")
        .argParser(duration).default(TIMEOUT_MS, "10s"),
    )
    .option(
      "--cloudwatch-endpoint <url>",
      "the URL of CloudWatch, of an emulator",
    )
    .addHelpText(
      "after",
      `
Nothing is written or changed. The exit code is 1 if a check ends with an error.

Examples:
  $ kinesis doctor
  $ kinesis doctor orders --for read,write
  $ kinesis doctor orders --sample 10s
  $ kinesis doctor orders --store redis://localhost:6379 --name billing
  $ kinesis doctor orders --json | jq -r 'select(.status == "error").id'`,
    )
    .action((stream, options) => doctor(context, stream, options));
  suggestValues(command, { for: NEEDS });
}

async function doctor(
  context: Context,
  stream: string | undefined,
  options: DoctorOptions,
): Promise<void> {
  const { terminal, isJson } = context;
  for (const option of ["sample", "store"] as const) {
    if (stream === undefined && options[option] !== undefined) {
      throw new WrongUsage(`--${option} needs a stream`);
    }
  }
  if (options.store === undefined) {
    for (const option of ["name", "table", "storeEndpoint"] as const) {
      if (options[option] === undefined) continue;
      const name = option.replace(/[A-Z]/, (it) => `-${it.toLowerCase()}`);
      throw new WrongUsage(`--${name} is only with --store`);
    }
  }
  const checks = stream === undefined
    ? [...OF_CONNECTION, ...OF_ACCOUNT]
    : [...OF_CONNECTION, ...checksOfStream(context, options), ...OF_ACCOUNT];
  const counts = { ok: 0, warning: 0, error: 0, skipped: 0 };
  const lineOf = isJson() ? JSON.stringify : textOf(colors(terminal), checks);
  const results = examine(checks, examOf(context, stream, options), {
    timeoutMs: options.timeout,
    signal: terminal.signal,
    onCheck: (id) => terminal.progress(`Checking ${id}`),
  });
  const notChecked: Result[] = [];
  for await (const result of results) {
    counts[result.status]++;
    if (result.cause !== undefined && !isJson()) notChecked.push(result);
    else if (!await terminal.line(lineOf(result))) return;
  }
  const together = togetherOf(notChecked);
  if (together && !await terminal.line(lineOf(together))) return;
  const summary = `${counts.ok} ok, ${counted(counts.warning, "warning")}, ${
    counted(counts.error, "error")
  }, ${counts.skipped} skipped`;
  if (counts.error > 0) throw new Failure(summary);
  terminal.note(summary);
}

/** The order matters: later checks use what earlier ones have found. */
function checksOfStream(context: Context, options: DoctorOptions): Check[] {
  const { sample, store } = options;
  return [
    streamCheck,
    shardsCheck,
    consumersCheck,
    distributionCheck,
    readCheck,
    writeCheck,
    fanOutCheck,
    encryptionCheck,
    cloudWatchCheck,
    ...sample === undefined ? [] : [sampleCheck(sample)],
    writeThrottlesCheck,
    readThrottlesCheck,
    hotShardsCheck,
    checkpointsCheck(
      store && (() => openStore(context, { ...options, store })),
    ),
    lagCheck,
    retentionCheck,
  ];
}

function examOf(
  { connection }: Context,
  stream: string | undefined,
  options: DoctorOptions,
): Exam {
  const { region, endpoint, profile } = connection();
  const environment = environmentOf(profile);
  const findCredentials = credentialsFinder(environment, region);
  return {
    client: new KinesisClient({
      region,
      endpoint,
      environment,
      // The same sources as without this option, asked once for all checks.
      credentials: async () => (await findCredentials()).credentials,
    }),
    connection: connection(),
    environment,
    stream,
    needs: options.for ?? [],
    findCredentials,
    cloudWatchEndpoint: options.cloudwatchEndpoint,
    found: { preflights: new Map() },
  };
}

/** One line for all checks that were not made because others failed. */
function togetherOf(results: readonly Result[]): Result | undefined {
  if (results.length < 2) return results[0];
  const causes = [...new Set(results.map(({ cause }) => cause))];
  return {
    id: counted(results.length, "check"),
    status: "skipped",
    message: `Not made because of ${causes.join(" and ")}: ${
      results.map(({ id }) => id).join(", ")
    }`,
  };
}

/** Makes the lines for people: status, check and fact, and the remedy below. */
function textOf(
  { green, yellow, red, dim, bold }: ReturnType<typeof colors>,
  checks: readonly Check[],
): (result: Result) => string {
  const color: Record<Status, (text: string) => string> = {
    ok: green,
    warning: yellow,
    error: red,
    skipped: dim,
  };
  const width = Math.max(...checks.map(({ id }) => id.length));
  const indent = " ".repeat("warning".length + width + 4);
  return ({ id, status, message, remedy }) =>
    [
      `${color[status](status.padEnd("warning".length))}  ${
        id.padEnd(width)
      }  ${message.replaceAll("\n", `\n${indent}`)}`,
      ...remedy === undefined ? [] : [`${indent}${bold("→")} ${remedy}`],
    ].join("\n");
}

function needsOf(text: string): readonly Need[] {
  return text.split(",").map((name) => {
    const need = NEEDS.find((need) => need === name.trim());
    if (need) return need;
    throw new InvalidArgumentError(
      `"${name}" is none of ${NEEDS.join(", ")}.`,
    );
  });
}
