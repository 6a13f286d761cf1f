/**
 * Effects that a store commits together with the position of the values that caused them.
 *
 * @module
 */
import { LeaseLostError } from "../errors.ts";
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
}

/** The shard of a commit. */
export interface EffectPlace {
  /** The stream as the consumer was given it. */
  readonly streamName: string;
  readonly shardId: string;
}

const WHAT = "Cannot commit effects";

/**
 * The shard of all records.
 *
 * @throws {TypeError} if there are none, if they are of several shards, or if values of the shard
 * may be processed out of order
 */
export function placeOf(
  records: readonly EffectRecord[],
  { fencingToken, ordering }: EffectContext,
): EffectPlace {
  if (fencingToken === undefined || ordering === undefined) {
    throw new TypeError(
      `${WHAT} as the second argument must be the context that the handler gets`,
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
  for (const record of records) {
    if (record.shardId === shardId && streamOf(record) === streamName) continue;
    throw new TypeError(
      `${WHAT} of records of several shards: ${shardId} and ${record.shardId}`,
    );
  }
  return { streamName, shardId };
}

function streamOf({ streamARN, streamName }: EffectRecord): string {
  return streamARN ?? streamName;
}

/** The position of the last of the records, as text. */
export function positionOf(records: readonly EffectRecord[]): string {
  let last = records[0]!;
  for (const record of records) if (compare(record, last) > 0) last = record;
  return `${last.sequenceNumber}/${last.subSequenceNumber}`;
}

/** The records after a position, in their order. All if there is no position. */
export function freshOf<R extends EffectRecord>(
  records: readonly R[],
  position: string | undefined,
): R[] {
  if (position === undefined) return [...records];
  const [sequenceNumber = "", sub] = position.split("/");
  const committed = { sequenceNumber, subSequenceNumber: Number(sub) };
  return records.filter((record) => compare(record, committed) > 0);
}

type Position = Pick<EffectRecord, "sequenceNumber" | "subSequenceNumber">;

function compare(a: Position, b: Position): number {
  const difference = BigInt(a.sequenceNumber) - BigInt(b.sequenceNumber);
  if (difference !== 0n) return difference > 0n ? 1 : -1;
  return a.subSequenceNumber - b.subSequenceNumber;
}

/** The error for a handler whose worker does not hold the lease any more. */
export function effectsRefused({ shardId }: EffectPlace): LeaseLostError {
  return new LeaseLostError(
    `${WHAT} of ${shardId} as another worker has taken its lease: it processes these values`,
    { shardId },
  );
}
