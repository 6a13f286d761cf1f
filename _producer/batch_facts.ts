/**
 * What the hook `onBatch` tells about the records of a request.
 *
 * @module
 */
import type { BatchEvent, BatchFailure } from "../hooks.ts";
import type { Outgoing } from "./outgoing.ts";
import type { RecordOutcome } from "./outcomes.ts";
import { NOT_MEASURED } from "./pending.ts";
import type { RequestResult } from "./sender.ts";

/** The facts that are counted over the records. */
export type BatchFacts = Pick<
  BatchEvent,
  | "records"
  | "values"
  | "bytes"
  | "failures"
  | "failedValues"
  | "failedBytes"
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
  let [values, bytes, failedValues, failedBytes] = [0, 0, 0, 0];
  let [resent, newValues] = [0, 0];
  let [measured, bufferedMs, longestBufferedMs] = [0, 0, 0];
  for (let i = 0; i < batch.length; i++) {
    const { record: { puts, size }, attempts } = batch[i]!;
    values += puts.length;
    bytes += size;
    if (outcomes[i]!.type !== "stored") {
      failedValues += puts.length;
      failedBytes += size;
    }
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
    failures: failedValues > 0 ? failuresIn(outcomes) : [],
    failedValues,
    failedBytes,
    resent,
    newValues,
  };
  if (measured === 0) return counts;
  return { ...counts, bufferedMs: bufferedMs / measured, longestBufferedMs };
}

/** The records that were not stored, by the code of their error. */
function failuresIn(outcomes: readonly RecordOutcome[]): BatchFailure[] {
  const byCode = new Map<string, BatchFailure & { records: number }>();
  for (const outcome of outcomes) {
    if (outcome.type === "stored") continue;
    const { code } = outcome.error;
    const isThrottle = outcome.type === "retry" && outcome.isThrottled;
    const same = byCode.get(code);
    if (same) same.records++;
    else byCode.set(code, { code, records: 1, isThrottle });
  }
  return [...byCode.values()];
}
