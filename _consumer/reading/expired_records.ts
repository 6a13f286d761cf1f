/**
 * Records that expired before they were read: the report, and whether reading goes on.
 *
 * @module
 */
import { notify } from "../../_core/notify.ts";
import { KinesisError } from "../../errors.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { SkippedRecords } from "../values/skipped_records.ts";

/** The options that matter here. */
export type ExpiredRecordsOptions = Pick<
  ConsumerSettings,
  "expiredCheckpoint" | "hooks" | "stream"
>;

/**
 * Notes the event and calls the hook.
 *
 * @throws {KinesisError} `CheckpointExpired` if the policy is to fail
 */
export function tellExpired(
  facts: Omit<ExpiredEvent, "stream">,
  skipped: SkippedRecords,
  options: ExpiredRecordsOptions,
): void {
  const { stream, hooks, expiredCheckpoint } = options;
  const event = { stream, ...facts };
  skipped.addExpired(event);
  notify(hooks, "onExpired", event);
  if (expiredCheckpoint === "fail") throw checkpointExpired(event);
}

function checkpointExpired(event: ExpiredEvent): KinesisError {
  const { stream, shardId, after, afterTime, beforeTime } = event;
  const records = after.type === "SEQUENCE"
    ? `the records behind sequence number ${after.sequenceNumber}`
    : after.type === "AT_SEQUENCE_NUMBER"
    ? `the records from sequence number ${after.sequenceNumber} on`
    : `the records behind position ${after.type}`;
  const span = [
    afterTime && ` from ${afterTime.toISOString()}`,
    beforeTime && ` up to ${beforeTime.toISOString()}`,
  ].filter((text) => text).join("");
  return new KinesisError(
    `Cannot go on with ${shardId} of ${stream} as ${records}${span} ` +
      "have expired before they were read. To lose them and read on at the oldest record, " +
      `use expiredCheckpoint: "oldest"; to keep records longer, raise the retention period`,
    { code: "CheckpointExpired" },
  );
}
