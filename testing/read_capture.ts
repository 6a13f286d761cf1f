/**
 * Reads captures.
 *
 * @module
 */
import { captureEntries } from "./capture_entries.ts";
import type {
  Capture,
  CapturedRecord,
  CapturedShard,
} from "./capture_types.ts";

/**
 * Reads what `capture` has written, to the end, into memory. `captureEntries` reads it part by part.
 *
 * @throws {KinesisError} `NotACapture` if the bytes are something else, `CaptureTooNew` if a newer
 * release has written them, `CaptureDamaged` if a line is damaged or the end is missing
 */
export async function readCapture(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Capture> {
  let stream = "";
  const shards: CapturedShard[] = [];
  const records: CapturedRecord[] = [];
  for await (const entry of captureEntries(chunksOf(source))) {
    if (entry.type === "stream") stream = entry.stream;
    else if (entry.type === "shard") shards.push(entry.shard);
    else if (entry.type === "record") records.push(entry.record);
  }
  return { stream, shards, records };
}

/** The chunks of a stream, also where streams have no async iterator. */
async function* chunksOf(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = source.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
