/**
 * `deno task demo`: real records through a real Kinesis and back, verified.
 *
 * @module
 */
import { runDemo } from "./demo.ts";
import { oneLine } from "./errors.ts";
import { HELP, parseOptions, UsageError } from "./options.ts";

const WRONG_RESULT = 1;
const WRONG_USE = 2;
/** What shells give a program that a signal has ended: 128 and the number of the signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<number> {
  const interrupt = new AbortController();
  let interrupted = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (name === "SIGTERM" && Deno.build.os === "windows") continue;
    Deno.addSignalListener(name, () => {
      // Asked twice: whoever is in a hurry cleans up alone.
      if (interrupted) Deno.exit(interrupted);
      interrupted = SIGNALS[name];
      interrupt.abort(new Error("Interrupted"));
    });
  }
  try {
    const options = parseOptions(Deno.args);
    if (options === "help") {
      console.log(HELP);
      return 0;
    }
    return await runDemo(options, interrupt.signal) ? 0 : WRONG_RESULT;
  } catch (error) {
    if (interrupted) {
      console.error("interrupted");
      return interrupted;
    }
    console.error(`error: ${oneLine(error)}`);
    return error instanceof UsageError ? WRONG_USE : WRONG_RESULT;
  }
}

if (import.meta.main) Deno.exit(await main());
