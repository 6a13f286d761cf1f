/**
 * Reads what the Java programs of this folder print.
 *
 * @module
 */

/** The lines that begin with "=", without it. Log lines of the library do not. */
export async function* answersOf(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith("=")) yield line.slice(1);
  }
}
