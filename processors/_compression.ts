/**
 * Compression with the platform's CompressionStream, with a limit on the decompressed size.
 *
 * @module
 */
import { concat } from "../_core/bytes.ts";

/** The formats of `CompressionStream` that processors use. */
export type CompressionName = "gzip" | "deflate-raw";

/**
 * The size of the chunks that are passed to the decompressor, in bytes. Deflate expands data at
 * most 1 032 times, and some platforms return all output of one chunk at once. So a decompression
 * bomb exceeds the limit by at most 8 MiB.
 */
const CHUNK_BYTES = 8192;

/**
 * Whether the platform lacks a format. Node.js has `deflate-raw` since version 20.12. Workers make no
 * streams outside of handlers and throw another error there, which says nothing about the format.
 */
export function isMissing(format: CompressionName): boolean {
  try {
    new DecompressionStream(format);
    return false;
  } catch (error) {
    return error instanceof TypeError || error instanceof ReferenceError;
  }
}

/** Compresses bytes. */
export async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionName,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new CompressionStream(format);
  const writer = stream.writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const [data] = await Promise.all([
    collect(stream.readable, Infinity),
    written,
  ]);
  return data;
}

/**
 * Decompresses bytes. They must be exactly one complete compressed stream.
 *
 * @throws {RangeError} if the decompressed data has more than `limit` bytes
 * @throws {TypeError} if the bytes are not of this format
 */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionName,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  async function write(): Promise<void> {
    for (let i = 0; i < bytes.length; i += CHUNK_BYTES) {
      await writer.ready;
      await writer.write(bytes.subarray(i, i + CHUNK_BYTES));
    }
    await writer.close();
  }
  // If writing fails, reading fails as well, with a better error.
  const written = write().catch(() => {});
  try {
    return await collect(stream.readable, limit);
  } finally {
    await written;
  }
}

async function collect(
  readable: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = readable.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      const error = new RangeError(
        `it decompresses to more than the ${limit} bytes allowed`,
      );
      await reader.cancel(error);
      throw error;
    }
    chunks.push(value);
  }
  return chunks.length === 1 ? chunks[0]! : concat(chunks, size);
}
