/**
 * Streams and captures for the tests of `copy`.
 *
 * @module
 */
import { KinesisClient } from "../../client/mod.ts";
import { type Capture, readCapture } from "../../testing/mod.ts";
import type { FakeTerminalKinesis } from "./_fake_terminal.ts";

const encoder = new TextEncoder();

/** The text of bytes. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Writes records, each with a key and a text. */
export async function putAll(
  { server }: FakeTerminalKinesis,
  streamName: string,
  values: readonly (readonly [key: string, text: string])[],
): Promise<void> {
  const client = new KinesisClient(server.connection);
  await client.putRecords({
    StreamName: streamName,
    Records: values.map(([PartitionKey, text]) => ({
      PartitionKey,
      Data: encoder.encode(text),
    })),
  });
}

/** The texts of a stream by partition key, in their order. */
export function textsByKey(
  { server }: FakeTerminalKinesis,
  streamName: string,
): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  const records = server.records(streamName)
    .toSorted((a, b) => a.partitionKey! < b.partitionKey! ? -1 : 1);
  for (const { partitionKey, data } of records) {
    (texts[partitionKey!] ??= []).push(textOf(data));
  }
  return texts;
}

/** Reads a file. */
export async function captureOf(path: string): Promise<Capture> {
  return await readCapture((await Deno.open(path)).readable);
}

/** Calls a function with a new folder, and removes the folder. */
export async function inFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
