/**
 * The records that consumers got and processed, and the checkpoints that they stored, in order of
 * time.
 *
 * @module
 */
import type { Checkpoint, ConsumerRecord } from "../../records.ts";
import type { Item } from "./items.ts";

/** The position of a value. */
export interface Position {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** One event. */
export type Entry =
  /** A consumer took a lease, with this checkpoint. */
  | {
    readonly type: "taken";
    readonly life: string;
    readonly shardId: string;
    readonly checkpoint: Checkpoint;
  }
  /** A consumer has an iterator for a shard. */
  | { readonly type: "opened"; readonly life: string; readonly shardId: string }
  /** The application got a value. */
  | {
    readonly type: "seen";
    readonly life: string;
    readonly at: Position;
    readonly item: Item;
  }
  /** The application has processed a value, and acknowledges it next. */
  | { readonly type: "done"; readonly life: string; readonly at: Position }
  /** The consumer asked to store a checkpoint. Without an answer, it may or may not be stored. */
  | {
    readonly type: "checkpoint";
    readonly life: string;
    readonly shardId: string;
    readonly checkpoint: Checkpoint;
    accepted: boolean | undefined;
  };

/** The events of all consumers of a stream. */
export class EventLog {
  readonly entries: Entry[] = [];

  /** Adds an event. */
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

  /** Notes that a value is processed. Call it before the value is acknowledged. */
  done(life: string, record: ConsumerRecord<Item>): void {
    this.note({ type: "done", life, at: positionOf(record) });
  }
}

function positionOf(record: ConsumerRecord<Item>): Position {
  const { shardId, sequenceNumber, subSequenceNumber } = record;
  return { shardId, sequenceNumber, subSequenceNumber };
}
