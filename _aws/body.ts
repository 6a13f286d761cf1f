/**
 * Reading the body of an answer, up to a bound.
 *
 * @module
 */
import { ResponseError } from "../errors.ts";

/**
 * Reads a whole body.
 *
 * @throws {ResponseError} if it is longer than `limit` bytes; the rest is not read
 */
export async function readBody(
  response: Response,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { body, headers, status } = response;
  if (!body) return new Uint8Array(0);
  const announced = Number(headers.get("content-length") ?? NaN);
  // The announced length is that of the compressed body.
  if (announced <= limit && !headers.has("content-encoding")) {
    return new Uint8Array(await response.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      const error = new ResponseError(
        `Cannot read an answer of more than ${limit} bytes: it is not one of Kinesis`,
        { status, retryable: false },
      );
      await reader.cancel(error).catch(() => {});
      throw error;
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
