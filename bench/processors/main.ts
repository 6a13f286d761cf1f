/**
 * The benchmark of async-kinesis with this library: writes the same values with each processor to a
 * shard that has the limits of the service, and reads them back. async-kinesis does so beside it.
 *
 *     npx -y deno@2 task bench:processors
 *     npx -y deno@2 task bench:processors --records 5000 --processors json,kplJson --markdown
 *     npx -y deno@2 task bench:processors --dry-run
 *
 * Every run has a client process of its own, and the in-memory Kinesis is a third process. A run
 * fails unless all values arrive as they were sent. async-kinesis needs Python.
 *
 * @module
 */
import { Failure } from "../../cli/_failure.ts";
import { runProgram } from "../../cli/_program.ts";
import { systemTerminal, type Terminal } from "../../cli/_terminal.ts";
import { counted } from "../../cli/_values.ts";
import { type Options, programOf } from "./options.ts";
import { jsonOf, tableOf } from "./report.ts";
import { runAll } from "./run_all.ts";

/** Runs the benchmark. Resolves with the exit code, as the command line of the library does. */
export async function runBenchmark(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const program = programOf((options) => bench(options, args, terminal));
  return await runProgram(program, args, terminal);
}

async function bench(
  options: Options,
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const { results, failed } = await runAll(options, terminal);
  if (options.json) {
    for (const result of results) await terminal.line(jsonOf(result));
  } else if (results.length > 0) {
    const versions = new Set(results.map(({ version }) => version));
    const head = [
      `deno task bench:processors ${args.join(" ")}`.trim(),
      `${new Date().toISOString().slice(0, 10)}, ${[...versions].join(", ")}`,
    ];
    const table = tableOf(results, options.markdown === true);
    for (const line of [...head, "", ...table]) await terminal.line(line);
  }
  if (failed > 0) throw new Failure(`${counted(failed, "run")} failed`);
}

if (import.meta.main) {
  const terminal = systemTerminal();
  const code = await runBenchmark(Deno.args, terminal);
  terminal.close();
  Deno.exit(code);
}
