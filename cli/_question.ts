/**
 * Questions that are answered with yes or no.
 *
 * @module
 */

const LINE_FEED = 10;

/**
 * Reads a line of a terminal. Resolves with whether it is `y` or `yes`; the end of the input is a no.
 *
 * @throws the reason of the signal if that aborts before the line is there
 */
export async function isYes(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    const answer = await Promise.race([aborted, firstLine(input)]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of input) {
    text += decoder.decode(bytes, { stream: true });
    if (bytes.includes(LINE_FEED)) break;
  }
  return text.split("\n")[0]!;
}
