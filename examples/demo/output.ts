/**
 * Writes to the terminal.
 *
 * @module
 */

/** Clears the line that is updated in place. */
export const CLEAR_LINE = "\r\x1b[K";

const encoder = new TextEncoder();
let onClosed: (() => void) | undefined;

/** Sets the function that is called when the standard output was closed, for example by `head`. */
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
    // Deno has no error class for a closed terminal.
    const isClosed = error instanceof Deno.errors.BrokenPipe ||
      String(error).includes("(os error 5)");
    if (!isClosed) throw error;
    onClosed?.();
  }
}

/** Writes lines to the standard error. */
export function complain(...lines: string[]): void {
  if (Deno.stdout.isTerminal()) write(CLEAR_LINE);
  for (const line of lines) console.error(line);
}
