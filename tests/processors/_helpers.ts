import type {
  PackerOptions,
  Processor,
  Unpacked,
} from "../../processors/mod.ts";
import type { EncodedRecord, KinesisRecord, Put } from "../../records.ts";

/** The record that a consumer would see. */
export function recordOf(
  data: Uint8Array | string,
  partitionKey = "k",
): KinesisRecord {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : new Uint8Array(data);
  return {
    streamName: "events",
    shardId: "shardId-000000000001",
    sequenceNumber: "49590338271490256608559692538361571095921575989136588898",
    approximateArrivalTimestamp: new Date("2026-01-02T03:04:05.678Z"),
    partitionKey,
    data: bytes,
  };
}

/** Pushes all puts, flushes, and returns what was emitted. */
export async function pack<T>(
  processor: Processor<T>,
  puts: Iterable<Put<T>>,
  options: Omit<PackerOptions<Put<T>>, "emit"> = {},
): Promise<EncodedRecord<Put<T>>[]> {
  const emitted: EncodedRecord<Put<T>>[] = [];
  const packer = processor.createPacker<Put<T>>({
    ...options,
    emit: (record) => emitted.push(record),
  });
  for (const put of puts) await packer.push(put);
  await packer.flush();
  return emitted;
}

/** Unpacks everything that was emitted, in order. */
export async function unpackAll<T>(
  processor: Processor<T>,
  records: Iterable<EncodedRecord>,
): Promise<Unpacked<T>[]> {
  const items: Unpacked<T>[] = [];
  for (const { data, partitionKey } of records) {
    items.push(...await processor.unpack(recordOf(data, partitionKey)));
  }
  return items;
}

/** The values among the items. */
export function valuesOf<T>(items: Iterable<Unpacked<T>>): T[] {
  return Array.from(items).flatMap((item) =>
    item.type === "value" ? [item.value] : []
  );
}

/** The text of bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    bytes,
  );
}

/** The puts of values under one key. */
export function putsOf<T>(values: Iterable<T>, partitionKey = "k"): Put<T>[] {
  return Array.from(values, (value) => ({ value, partitionKey }));
}

/** A stream of chunks. */
export function streamOf<T>(chunks: Iterable<T>): ReadableStream<T> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream<T>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** Everything that a stream yields. */
export async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Bytes, or the UTF-8 bytes of a text, as hexadecimal digits. */
export function hex(data: Uint8Array | string): string {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hexadecimal digits. */
export function unhex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    digits.match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}
