/**
 * Runs every processor with every client.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Terminal } from "../../cli/_terminal.ts";
import { KinesisClient } from "../../client/mod.ts";
import { startKinesis } from "../_support/kinesis_process.ts";
import { installAsyncKinesis } from "../peers/install.ts";
import { personOf } from "./data.ts";
import { arrivedOf } from "./digest.ts";
import { type Contender, measure, type Run, type Service } from "./measure.ts";
import type { Options } from "./options.ts";
import { progressText } from "./progress.ts";
import { OURS, PEER, type Result } from "./report.ts";

/** How often the progress is shown, in milliseconds. */
const SHOW_MS = 250;

/** What all runs have measured. */
export interface Results {
  readonly results: readonly Result[];
  /** How many runs failed. */
  readonly failed: number;
}

type Terminals = Pick<Terminal, "note" | "progress" | "signal">;

/** Resolves also at Ctrl-C, with what was measured until then. */
export async function runAll(
  options: Options,
  terminal: Terminals,
): Promise<Results> {
  await using stack = new AsyncDisposableStack();
  const contenders = await contendersOf(options, terminal);
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  stack.defer(() => Deno.remove(file));
  const expected = await writeValues(file, options);
  const service = options.dryRun ? undefined : await serve(options, stack);

  const plans = plansOf(options, contenders);
  const results: Result[] = [];
  let failed = 0;
  for (const [at, { contender, processor, iteration }] of plans.entries()) {
    if (terminal.signal.aborted) break;
    const name = `${processor}, ${contender.name}`;
    const place = { name, run: at + 1, runs: plans.length };
    try {
      const measured = await shown(place, terminal, {
        ...{ contender, processor, file, expected, service },
        maxRecordBytes: options.maxRecordBytes,
        signal: terminal.signal,
      });
      const client = contender.name;
      results.push({ ...measured, processor, client, iteration });
      const rate = Math.round(measured.values / measured.seconds);
      terminal.note(
        `run ${place.run} of ${place.runs}, ${name}: ` +
          `${measured.seconds.toFixed(1)} s, ${rate} values/s`,
      );
    } catch (error) {
      if (terminal.signal.aborted) break;
      failed++;
      terminal.note(`error: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { results, failed };
}

/** Our client, and async-kinesis unless it is unwanted or cannot be installed. */
async function contendersOf(
  { python, home }: Options,
  terminal: Terminals,
): Promise<Contender[]> {
  const pathOf = (file: string) =>
    fileURLToPath(new URL(file, import.meta.url));
  const args = ["run", "-A", "--quiet", pathOf("ours.ts")];
  const ours = { name: OURS, command: { program: Deno.execPath(), args } };
  if (!python) return [ours];
  terminal.progress(`Installing ${PEER} in ${home}`);
  try {
    const program = await installAsyncKinesis(home);
    const command = { program, args: [pathOf("async_kinesis.py")] };
    return [ours, { name: PEER, command }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    terminal.note(`Without ${PEER}, as it cannot be installed: ${reason}`);
    return [ours];
  }
}

/** Writes the values to a file. Resolves with what has to arrive. */
async function writeValues(
  path: string,
  { records, recordSizeKb }: Options,
): Promise<Run["expected"]> {
  const values = Array.from(
    { length: records },
    (_, number) => personOf(number, recordSizeKb),
  );
  const lines = values.map((value) => `${JSON.stringify(value)}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  return arrivedOf(values);
}

async function serve(
  { shards }: Options,
  stack: AsyncDisposableStack,
): Promise<Service> {
  const server = await startKinesis({ secure: false, limits: true });
  stack.defer(() => server.close());
  const client = new KinesisClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  });
  return { server, client, shards };
}

/** The runs in their order: the clients alternate, so that other load affects both. */
function plansOf(
  { iterations, processors }: Options,
  contenders: readonly Contender[],
) {
  return Array.from(
    { length: iterations },
    (_, at) =>
      processors.flatMap((processor) =>
        contenders.map((contender) => ({
          ...{ contender, processor, iteration: at + 1 },
        }))
      ),
  ).flat();
}

/** Measures a run and shows its progress. */
async function shown(
  place: { name: string; run: number; runs: number },
  terminal: Terminals,
  run: Omit<Run, "onStart" | "onProgress">,
) {
  const total = run.expected.values;
  let values = 0;
  let start: number | undefined;
  const show = () => {
    const seconds = start === undefined
      ? 0
      : (performance.now() - start) / 1000;
    terminal.progress(progressText({ ...place, values, total, seconds }));
  };
  show();
  const timer = setInterval(show, SHOW_MS);
  try {
    return await measure({
      ...run,
      onStart: () => start = performance.now(),
      onProgress: (count) => values = count,
    });
  } finally {
    clearInterval(timer);
  }
}
