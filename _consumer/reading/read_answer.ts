/**
 * Recognizes damaged answers of GetRecords and damaged events of SubscribeToShard.
 *
 * @module
 */
import { RecordView } from "../../_aws/record_view.ts";
import { raceAbort, untilAborted } from "../../_core/race_abort.ts";
import type { ChildShard, KinesisApiRecord } from "../../client/mod.ts";
import type { Existence } from "../shards/shard_directory.ts";

/** Whether there is a list of records, and each record has all required members. */
export function areWhole(records: readonly KinesisApiRecord[]): boolean {
  return Array.isArray(records) &&
    records.every((record) =>
      record instanceof RecordView ||
      ArrayBuffer.isView(record?.Data) && !!record.SequenceNumber
    );
}

/**
 * Whether an answer that names no position to go on at may be the last one of its shard. A damaged
 * answer names none either, so the answer has to name children, or the list of shards has to show
 * that the shard is closed.
 */
export async function mayEnd(
  childShards: readonly ChildShard[] | undefined,
  existence: () => Promise<Existence>,
  signal: AbortSignal,
): Promise<boolean> {
  if (childShards && childShards.length > 0) return true;
  const found = await raceAbort(existence(), signal);
  // The stream was created again. The lease of this reader is replaced soon, which aborts it.
  if (found === "replaced") return await untilAborted(signal);
  return found !== "open";
}
