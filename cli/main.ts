/**
 * The command line of this library:
 * `deno run -A jsr:@webstreams/kinesis/cli queues list`. `--help` describes every command.
 *
 * @module
 */
import { Command } from "commander";
import { addCheckpointCommands } from "./_checkpoints.ts";
import { addCompletionCommands } from "./_completions.ts";
import { connect, type ConnectionOptions, hasEndpoint } from "./_connection.ts";
import type { Context } from "./_context.ts";
import { addCopyCommand } from "./_copy.ts";
import { addDoctorCommand } from "./_doctor.ts";
import { addMonitorCommand } from "./_monitor.ts";
import { nodeProcess } from "./_node_terminal.ts";
import { allCommands, runProgram } from "./_program.ts";
import { addPutCommand } from "./_put.ts";
import { addQueueCommands } from "./_queues.ts";
import { addReshardCommand } from "./_reshard.ts";
import { addServeCommand } from "./_serve.ts";
import { addStreamChangeCommands } from "./_stream_changes.ts";
import { addStreamCommands } from "./_streams.ts";
import { addTailCommand } from "./_tail.ts";
import { systemTerminal, type Terminal } from "./_terminal.ts";

export type { Screen } from "./_screen.ts";
export type { Terminal } from "./_terminal.ts";

/**
 * Runs a command. Resolves with its exit code: 0 if it succeeded, 1 if it failed, 2 if it was called
 * wrongly, 130 if it was interrupted. Writes errors to the terminal, and does not throw them.
 */
export async function runCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  return await runProgram(programOf(terminal), args, terminal);
}

function programOf(terminal: Terminal): Command {
  const program = new Command("kinesis");
  const options = () => program.opts<ConnectionOptions & { json?: boolean }>();
  let client: ReturnType<typeof connect> | undefined;
  const context: Context = {
    client: () => client ??= connect(options()),
    connection: options,
    terminal,
    isJson: () => options().json === true,
    hasEndpoint: () => hasEndpoint(options()),
  };
  program
    .description("Amazon Kinesis Data Streams on the command line")
    .option("--region <name>", "the region, for example eu-central-1")
    .option("--endpoint <url>", "the URL of an emulator or proxy")
    .option("--profile <name>", "the profile of the shared AWS files")
    .option("--json", "write results as JSON, one object a line")
    .showHelpAfterError("(--help describes every command and option)")
    .addHelpText(
      "after",
      `
Examples:
  $ kinesis doctor orders
  $ kinesis tail orders --from 15m
  $ kinesis help put`,
    );
  addStreamCommands(program, context);
  addStreamChangeCommands(program, context);
  addReshardCommand(program, context);
  addPutCommand(program, context);
  addTailCommand(program, context);
  addMonitorCommand(program, context);
  addCopyCommand(program, context);
  addCheckpointCommands(program, context);
  addQueueCommands(program, context);
  addServeCommand(program, context);
  addDoctorCommand(program, context);
  addCompletionCommands(program, context);
  for (const command of allCommands(program)) {
    command.configureHelp({ showGlobalOptions: true })
      .showHelpAfterError("(--help describes every option)");
  }
  return program;
}

/**
 * Runs the command that the arguments of this process name, and ends the process with its exit code.
 * On Deno and Node.js.
 */
export async function main(): Promise<never> {
  if (!("Deno" in globalThis)) {
    const { args, terminal, exit } = await nodeProcess();
    return exit(await runCommand(args, terminal));
  }
  const terminal = systemTerminal();
  const code = await runCommand(Deno.args, terminal);
  terminal.close();
  Deno.exit(code);
}

if (import.meta.main) await main();
