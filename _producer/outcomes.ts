/**
 * What the answer to a PutRecords request means for each of its records. Pure functions.
 *
 * @module
 */
import { type Mutable, plainObjects } from "../_core/young_objects.ts";
import { isThrottle, serviceError } from "../_aws/service_error.ts";
import type {
  PutRecordsResponse,
  PutRecordsResultEntry,
} from "../client/mod.ts";
import { type KinesisError, ServiceError } from "../errors.ts";
import type { PutReceipt } from "../records.ts";
import type { Outgoing } from "./outgoing.ts";

/** What happened to one record of a request. */
export type RecordOutcome =
  /** Kinesis stored the record. */
  | { readonly type: "stored"; readonly receipt: PutReceipt }
  /** The record was not stored. Another request may store it. */
  | {
    readonly type: "retry";
    readonly error: KinesisError;
    /** Whether a throughput limit refused it. */
    readonly isThrottled: boolean;
  }
  /** The record was not stored, and no other request will store it. */
  | { readonly type: "fatal"; readonly error: KinesisError };

const Receipt = /* @__PURE__ */ plainObjects(
  function (
    this: Mutable<PutReceipt>,
    shardId: string,
    sequenceNumber: string,
    attempts: number,
  ) {
    this.shardId = shardId;
    this.sequenceNumber = sequenceNumber;
    this.attempts = attempts;
  },
);

class Stored {
  readonly type = "stored";

  constructor(readonly receipt: PutReceipt) {}
}

/** The outcome of each record of an answered request, in order. */
export function outcomesOfAnswer<T>(
  batch: readonly Outgoing<T>[],
  answer: PutRecordsResponse,
  stream: string,
): RecordOutcome[] {
  return batch.map((item, i) => outcomeOf(item, answer.Records[i], stream));
}

function outcomeOf<T>(
  item: Outgoing<T>,
  // Servers differ in what they leave out. Absent, null and empty mean the same.
  result: PutRecordsResultEntry | null | undefined,
  stream: string,
): RecordOutcome {
  if (!result?.ErrorCode && result?.SequenceNumber) {
    return new Stored(
      new Receipt(
        result.ShardId || item.shardId || "",
        result.SequenceNumber,
        item.attempts,
      ),
    );
  }
  // A record that was not stored is sent again for every code, also for an unknown one.
  const code = result?.ErrorCode || "InternalFailure";
  const error = serviceError({
    action: "PutRecords",
    target: stream,
    status: 200,
    headers: new Headers(),
    body: { type: code, message: result?.ErrorMessage ?? undefined },
  });
  return { type: "retry", error, isThrottled: isThrottle(code) };
}

/** The outcome of each record of a request that failed as a whole. */
export function outcomesOfFailure<T>(
  batch: readonly Outgoing<T>[],
  error: KinesisError,
  isFatal: boolean,
): RecordOutcome[] {
  const isThrottled = error instanceof ServiceError && error.throttled;
  const outcome: RecordOutcome = isFatal
    ? { type: "fatal", error }
    : { type: "retry", error, isThrottled };
  return batch.map(() => outcome);
}

/** How many records of each predicted shard a throughput limit refused. */
export function throttledByShard<T>(
  batch: readonly Outgoing<T>[],
  outcomes: readonly RecordOutcome[],
): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (let i = 0; i < batch.length; i++) {
    const outcome = outcomes[i]!;
    if (outcome.type !== "retry" || !outcome.isThrottled) continue;
    const { shardId } = batch[i]!;
    counts.set(shardId, (counts.get(shardId) ?? 0) + 1);
  }
  return counts;
}

/** Whether a record was stored in another shard than its values were packed for. */
export function isSurprising<T>(
  item: Outgoing<T>,
  outcome: RecordOutcome,
): boolean {
  return outcome.type === "stored" && item.shardId !== outcome.receipt.shardId;
}
