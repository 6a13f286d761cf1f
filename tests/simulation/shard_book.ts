/**
 * A shard of a simulation, and how far it is processed.
 *
 * @module
 */
import type { Checkpoint } from "../../records.ts";
import type { Position } from "./journal.ts";
import type { StoredShard } from "./truth.ts";

/** A shard, and how far it is processed at one moment of the journal. */
export class ShardBook {
  readonly stored: StoredShard;
  readonly indexes: ReadonlyMap<string, number>;
  readonly done = new Set<number>();
  /** Number of values up to the last accepted checkpoint. */
  checkpoint = 0;
  openedAt: number | undefined;
  finishedAt: number | undefined;

  constructor(stored: StoredShard) {
    this.stored = stored;
    this.indexes = new Map(stored.values.map(({ place }, i) => [place, i]));
  }

  get isDone(): boolean {
    return this.done.size === this.stored.values.length;
  }

  /** How many values a checkpoint covers. */
  covered(checkpoint: Checkpoint): number {
    const { values } = this.stored;
    if (checkpoint.type === "SHARD_END") return values.length;
    if (checkpoint.type !== "SEQUENCE") return 0;
    const { sequenceNumber, subSequenceNumber = Infinity } = checkpoint;
    const number = BigInt(sequenceNumber);
    let covered = 0;
    for (const value of values) {
      const difference = BigInt(value.sequenceNumber) - number;
      const isCovered = difference < 0n ||
        difference === 0n && value.subSequenceNumber <= subSequenceNumber;
      if (!isCovered) break;
      covered++;
    }
    return covered;
  }
}

/** The place of a value, as text. */
export function placeOf(
  { shardId, sequenceNumber, subSequenceNumber }: Position,
): string {
  return `${shardId}/${sequenceNumber}/${subSequenceNumber}`;
}
