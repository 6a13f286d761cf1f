/**
 * `deno task demo`: writes real data to Kinesis, reads it back and verifies it.
 *
 * @module
 */
import { Cleanup } from "./cleanup.ts";
import { runDemo } from "./demo.ts";
import { oneLine } from "./errors.ts";
import { HELP, parseOptions, UsageError } from "./options.ts";
import { complain, say, whenOutputCloses } from "./output.ts";

const WRONG_RESULT = 1;
const WRONG_USE = 2;
/** Exit codes after a signal, as shells define them: 128 plus the number of the signal. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGPIPE = 141;
/**
 * A signal so soon after the first one is part of the same Ctrl-C, in milliseconds: `npx` and `deno
 * task` pass on a Ctrl-C that the demo has got from the terminal as well.
 */
const SAME_PRESS_MS = 300;

const cleanup = new Cleanup();
const interrupt = new AbortController();
let interrupted = 0;
let interruptedAt = 0;

/** Ends the run. Removing what it created may take some seconds. */
function stop(code: number): void {
  interrupted = code;
  interruptedAt = performance.now();
  interrupt.abort(new Error("Interrupted"));
}

/** Ends the process after a second signal, without waiting for the removal. */
function stopAtOnce(): void {
  if (performance.now() - interruptedAt < SAME_PRESS_MS) return;
  const left = cleanup.removeAtOnce();
  complain("stopped at once", ...left.map((each) => `left behind: ${each}`));
  Deno.exit(interrupted);
}

function listen(): void {
  for (const [name, code] of Object.entries(SIGNALS)) {
    if (name === "SIGTERM" && Deno.build.os === "windows") continue;
    Deno.addSignalListener(
      name as keyof typeof SIGNALS,
      () => interrupted && interrupted !== SIGPIPE ? stopAtOnce() : stop(code),
    );
  }
  whenOutputCloses(() => interrupted || stop(SIGPIPE));
}

async function run(): Promise<number> {
  try {
    const options = parseOptions(Deno.args);
    if (options === "help") {
      say(HELP);
      return 0;
    }
    const isRight = await runDemo(options, cleanup, interrupt.signal);
    return isRight ? 0 : WRONG_RESULT;
  } catch (error) {
    if (interrupted) {
      if (interrupted !== SIGPIPE) complain("interrupted");
      return interrupted;
    }
    complain(`error: ${oneLine(error)}`);
    return error instanceof UsageError ? WRONG_USE : WRONG_RESULT;
  }
}

if (import.meta.main) {
  listen();
  const code = await run();
  const left = await cleanup.removeAll();
  complain(...left.map((each) => `left behind: ${each}`));
  Deno.exit(code || (left.length > 0 ? WRONG_RESULT : 0));
}
