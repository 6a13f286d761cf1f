/**
 * What the demo says on its standard output.
 *
 * @module
 */

/** Removes the line that is updated in place. */
export const CLEAR_LINE = "\r\x1b[K";

const encoder = new TextEncoder();
let onClosed: (() => void) | undefined;

/** Calls back when the standard output was closed, as by `head`. */
export function whenOutputCloses(callback: () => void): void {
  onClosed = callback;
}

/** Writes a line. */
export function say(line: string): void {
  write(`${line}\n`);
}

/** Writes text. */
export function write(text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
  } catch (error) {
    // A terminal that was closed has no class of its own.
    const isClosed = error instanceof Deno.errors.BrokenPipe ||
      String(error).includes("(os error 5)");
    if (!isClosed) throw error;
    onClosed?.();
  }
}

/** Writes lines to the standard error, if that is still open. */
export function complain(...lines: string[]): void {
  if (Deno.stdout.isTerminal()) write(CLEAR_LINE);
  for (const line of lines) console.error(line);
}
