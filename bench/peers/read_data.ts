/**
 * The records that the readers get: the same values in each framing.
 *
 * @module
 */
import { encodeBase64 } from "../../_core/base64.ts";
import { json, jsonLines, kplJson } from "../../processors/mod.ts";
import type { EncodedRecord } from "../../records.ts";

const FRAMINGS = { json, jsonLines, kplJson };

/** How values are put into records. */
export type Framing = keyof typeof FRAMINGS;

/** The most bytes of a record of many values: what the KPL packs by default. */
const MAX_PACKED_BYTES = 51_200;
/** An answer of GetRecords has at most so many bytes of data, and so many records. */
const MAX_ANSWER_BYTES = 8_000_000;
const MAX_ANSWER_RECORDS = 10_000;
const KEYS = 1000;

/**
 * Writes the records of one answer into a file for the sink. Resolves with the number of values in
 * them.
 */
export async function writeRecords(
  path: string,
  framing: Framing,
  bytes: number,
): Promise<number> {
  const records: EncodedRecord[] = [];
  const packer = FRAMINGS[framing]<object>().createPacker({
    emit: (record) => records.push(record),
    shardOf: () => "shardId-000000000000",
    maxRecordBytes: framing === "json" ? undefined : MAX_PACKED_BYTES,
  });
  const most = Math.floor(MAX_ANSWER_BYTES / bytes);
  const count = framing === "json" ? Math.min(most, MAX_ANSWER_RECORDS) : most;
  for (let id = 0; id < count; id++) {
    const around = JSON.stringify({ id, text: "" }).length;
    const value = { id, text: "x".repeat(Math.max(0, bytes - around)) };
    // Lines of one key share a record.
    const key = framing === "jsonLines" ? 0 : id % KEYS;
    await packer.push({ value, partitionKey: `key-${key}` });
  }
  await packer.flush();
  const answer = records.map(({ data, partitionKey }) => ({
    Data: encodeBase64(data),
    PartitionKey: partitionKey,
  }));
  await Deno.writeTextFile(path, JSON.stringify(answer));
  return count;
}
