/**
 * Reading the body of an answer, up to a bound.
 *
 * @module
 */
import { concat } from "../_core/bytes.ts";
import { onAbort } from "../_core/on_abort.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { ResponseError } from "../errors.ts";

/**
 * Reads a whole body, or as much as comes before the signal aborts; the rest is cancelled on every
 * path. If the response gives an own buffer, nothing else uses the memory of the result.
 *
 * @throws {ResponseError} if it is longer than `limit` bytes
 */
export async function readBody(
  response: Response,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { headers } = response;
  const announced = Number(headers.get("content-length") ?? NaN);
  // Native and faster. The announced length is that of the compressed body.
  if (announced <= limit && !headers.has("content-encoding")) {
    return new Uint8Array(await raceAbort(response.arrayBuffer(), signal));
  }
  const { body } = response;
  if (!body) return new Uint8Array(0);
  const reader = body.getReader();
  const stopListening = onAbort(
    signal,
    () => void reader.cancel(signal.reason).catch(() => {}),
  );
  try {
    return await readChunks(reader, limit, response.status);
  } finally {
    stopListening();
    // A cancelled body looks like one that has ended.
    signal.throwIfAborted();
  }
}

async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  limit: number,
  status: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      const error = new ResponseError(
        `Cannot read an answer of more than ${limit} bytes: it is not one of Kinesis`,
        { status, retryable: false },
      );
      reader.cancel(error).catch(() => {});
      throw error;
    }
    chunks.push(value);
  }
  return concat(chunks, length);
}
