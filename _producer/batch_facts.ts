/**
 * What the hook `onBatch` tells about the records of a request.
 *
 * @module
 */
import type { BatchEvent } from "../hooks.ts";
import type { Outgoing } from "./outgoing.ts";
import { NOT_MEASURED } from "./pending.ts";
import type { RequestResult } from "./sender.ts";

/** The facts that are counted over the records. */
export type BatchFacts = Pick<
  BatchEvent,
  | "records"
  | "values"
  | "bytes"
  | "failedValues"
  | "resent"
  | "newValues"
  | "bufferedMs"
  | "longestBufferedMs"
>;

/** Counts over the records of a request. Call it only for the hook: it visits every value. */
export function factsOf<T>(
  batch: readonly Outgoing<T>[],
  { outcomes, startedAt }: Pick<RequestResult, "outcomes" | "startedAt">,
): BatchFacts {
  let [values, bytes, failedValues] = [0, 0, 0];
  let [resent, newValues] = [0, 0];
  let [measured, bufferedMs, longestBufferedMs] = [0, 0, 0];
  for (let i = 0; i < batch.length; i++) {
    const { record: { puts, size }, attempts } = batch[i]!;
    values += puts.length;
    bytes += size;
    if (outcomes[i]!.type !== "stored") failedValues += puts.length;
    if (attempts > 1) {
      resent++;
      continue;
    }
    newValues += puts.length;
    for (const { acceptedAt } of puts) {
      if (acceptedAt === NOT_MEASURED) continue;
      const ms = startedAt - acceptedAt;
      measured++;
      bufferedMs += ms;
      longestBufferedMs = Math.max(longestBufferedMs, ms);
    }
  }
  const counts = {
    records: batch.length,
    values,
    bytes,
    failedValues,
    resent,
    newValues,
  };
  if (measured === 0) return counts;
  return { ...counts, bufferedMs: bufferedMs / measured, longestBufferedMs };
}
