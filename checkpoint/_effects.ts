/**
 * Effects that a store commits together with the position of the values that caused them.
 *
 * @module
 */
import { KinesisError, LeaseLostError } from "../errors.ts";
import type { DecodedRecord, FencingToken } from "../records.ts";

/** The place of a value. Every record of a consumer has these members. */
export type EffectRecord = Pick<
  DecodedRecord<unknown>,
  | "sequenceNumber"
  | "shardId"
  | "streamARN"
  | "streamName"
  | "subSequenceNumber"
>;

/** The context of a call of a handler, which `process` and `processBatches` pass to it. */
export interface EffectContext {
  /** Identifies the holder of the lease. */
  readonly fencingToken: FencingToken;
  /** Which values are processed one after another. It must be `"shard"`. */
  readonly ordering: "shard" | "key" | "none";
  /** The values of the call, in order. */
  readonly records: readonly EffectRecord[];
  /** Aborts when the result of the call is not used any more. */
  readonly signal: AbortSignal;
}

/** The shard of a commit. */
export interface EffectPlace {
  /** The stream as the consumer was given it. */
  readonly streamName: string;
  readonly shardId: string;
}

const WHAT = "Cannot commit effects";

/**
 * Checks what `commit` was given. Returns the shard of all records.
 *
 * @throws {TypeError} if there are no records, if one of them is not of the call, if they are of
 * several shards, or if values of the shard may be processed out of order
 */
export function placeOf(
  records: readonly EffectRecord[],
  context: EffectContext,
  work: unknown,
): EffectPlace {
  const { fencingToken, ordering, records: ofCall, signal } = context ?? {};
  if (!fencingToken || !ordering || !ofCall || !signal) {
    throw new TypeError(
      `${WHAT} as the second argument must be the context that the handler gets`,
    );
  }
  if (typeof work !== "function") {
    throw new TypeError(
      `${WHAT} as the third argument must be a function that stores them`,
    );
  }
  if (ordering !== "shard") {
    throw new TypeError(
      `${WHAT} as 'ordering' must be "shard", the default of processBatches: with "${ordering}" a ` +
        "later value may be committed before an earlier one, which would then count as committed",
    );
  }
  const [first] = records;
  if (!first) throw new TypeError(`${WHAT} of no records`);
  const { shardId } = first;
  const streamName = streamOf(first);
  const places = new Set(ofCall.map(textOf));
  for (const record of records) {
    if (record.shardId !== shardId || streamOf(record) !== streamName) {
      throw new TypeError(
        `${WHAT} of records of several shards: ${shardId} and ${record.shardId}`,
      );
    }
    if (places.has(textOf(record))) continue;
    throw new TypeError(
      `${WHAT} of the value ${
        textOf(record)
      } of ${shardId} as it is not one of this call: ` +
        "values of earlier calls count as processed already",
    );
  }
  return { streamName, shardId };
}

function streamOf({ streamARN, streamName }: EffectRecord): string {
  return streamARN ?? streamName;
}

/** The position of the last of the records, as text. */
export function positionOf(records: readonly EffectRecord[]): string {
  return textOf(lastOf(records));
}

/**
 * The records after a position, in their order. All if there is no position.
 *
 * @throws {TypeError} if an earlier value of the call is left out: it would count as committed
 */
export function freshOf<R extends EffectRecord>(
  records: readonly R[],
  position: string | undefined,
  { records: ofCall }: EffectContext,
): R[] {
  const isFresh = isAfter(position);
  const fresh = records.filter(isFresh);
  if (fresh.length === 0) return fresh;
  const last = lastOf(fresh);
  const places = new Set(fresh.map(textOf));
  for (const record of ofCall) {
    if (
      places.has(textOf(record)) || compare(record, last) > 0 ||
      !isFresh(record)
    ) continue;
    throw new TypeError(
      `${WHAT} of the value ${
        textOf(last)
      } of ${last.shardId} without those of the earlier ` +
        `value ${
          textOf(record)
        } of the same call, which would then count as committed: commit ` +
        "all values up to the first one that has failed",
    );
  }
  return fresh;
}

/** A function that tells whether a value lies after a position. */
function isAfter(
  position: string | undefined,
): (record: EffectRecord) => boolean {
  if (position === undefined) return () => true;
  const [, sequenceNumber, sub] = /^(\d+)\/(\d+)$/.exec(position) ?? [];
  if (sequenceNumber === undefined) {
    throw new KinesisError(
      `${WHAT} as the stored position ${
        JSON.stringify(position)
      } of earlier ones is damaged: ` +
        "restore it. Without it, effects would be stored again",
      { code: "LeaseDamaged" },
    );
  }
  const committed = { sequenceNumber, subSequenceNumber: Number(sub) };
  return (record) => compare(record, committed) > 0;
}

function lastOf<R extends EffectRecord>(records: readonly R[]): R {
  return records.reduce((a, b) => compare(b, a) > 0 ? b : a);
}

/** The place of a value in its shard. */
function textOf({ sequenceNumber, subSequenceNumber }: EffectRecord): string {
  return `${sequenceNumber}/${subSequenceNumber}`;
}

type Position = Pick<EffectRecord, "sequenceNumber" | "subSequenceNumber">;

function compare(a: Position, b: Position): number {
  const difference = BigInt(a.sequenceNumber) - BigInt(b.sequenceNumber);
  if (difference !== 0n) return difference > 0n ? 1 : -1;
  return a.subSequenceNumber - b.subSequenceNumber;
}

/** The error for a transaction that is over when its effects are to be committed. */
export function transactionEnded({ shardId }: EffectPlace): TypeError {
  return new TypeError(
    `${WHAT} of ${shardId} as the transaction has ended while they were stored: the function must ` +
      "not commit or roll back, and must throw if a statement fails",
  );
}

/** The error for a commit that has always found another position. */
export function effectsMoved(
  { shardId }: EffectPlace,
  tries: number,
): KinesisError {
  return new KinesisError(
    `${WHAT} of ${shardId}: what they depend on has changed in ${tries} tries`,
    { code: "EffectsConflict", retryable: true },
  );
}

/** The error for a handler whose worker does not hold the lease any more. */
export function effectsRefused({ shardId }: EffectPlace): LeaseLostError {
  return new LeaseLostError(
    `${WHAT} of ${shardId} as this worker does not hold its lease in this store: another worker ` +
      "has taken it and processes these values, or the consumer has another checkpointer",
    { shardId },
  );
}
