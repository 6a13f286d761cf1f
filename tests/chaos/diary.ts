/**
 * What consumers have seen and done, and what they have stored about it, in the order in which it happened.
 *
 * @module
 */
import type { Checkpoint, ConsumerRecord } from "../../records.ts";
import type { Item } from "./items.ts";

/** Where a value lies in its shard. */
export interface Position {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** One thing that happened. */
export type Entry =
  /** A consumer has an iterator for a shard. */
  | { readonly type: "opened"; readonly life: string; readonly shardId: string }
  /** The application was handed a value. */
  | {
    readonly type: "seen";
    readonly life: string;
    readonly at: Position;
    readonly item: Item;
  }
  /** The application is done with it, and is about to say so. */
  | { readonly type: "done"; readonly life: string; readonly at: Position }
  /** The consumer asked for this checkpoint to be stored; without an answer it may have been. */
  | {
    readonly type: "checkpoint";
    readonly life: string;
    readonly shardId: string;
    readonly checkpoint: Checkpoint;
    accepted: boolean | undefined;
  };

/** Entries of all consumers of a stream. */
export class Diary {
  readonly entries: Entry[] = [];

  /** Notes what has happened. */
  note(entry: Entry): void {
    this.entries.push(entry);
  }

  /** Notes that a value was handed out. */
  seen(life: string, record: ConsumerRecord<Item>): void {
    this.note({
      type: "seen",
      life,
      at: positionOf(record),
      item: record.value,
    });
  }

  /** Notes that a value is processed; to be called before it is acknowledged. */
  done(life: string, record: ConsumerRecord<Item>): void {
    this.note({ type: "done", life, at: positionOf(record) });
  }
}

function positionOf(record: ConsumerRecord<Item>): Position {
  const { shardId, sequenceNumber, subSequenceNumber } = record;
  return { shardId, sequenceNumber, subSequenceNumber };
}
