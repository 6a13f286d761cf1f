/**
 * What handlers did, and whether a checkpoint has ever passed a value that was not processed.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Checkpointer } from "../../checkpoint/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { Item } from "./_world.ts";

type Place = Pick<
  ConsumerRecord<Item>,
  "shardId" | "sequenceNumber" | "subSequenceNumber"
>;

/** A call of a handler. */
export interface Call {
  readonly records: readonly ConsumerRecord<Item>[];
  readonly attempt: number;
}

/** Follows the calls of a handler. */
export class Journal {
  /** All calls in the order of their starts. */
  readonly calls: Call[] = [];
  /** Values in the order in which they were processed. */
  readonly processed: Item[] = [];
  readonly #running = new Set<Call>();
  readonly #places = new Map<string, { place: Place; isDone: boolean }>();
  #mostRunning = 0;
  #faults: string[] = [];

  /** Most calls that ran at a time. */
  get mostRunning(): number {
    return this.#mostRunning;
  }

  /** Notes that a call starts. Calls that run now must not share a group with it. */
  start(
    records: readonly ConsumerRecord<Item>[],
    attempt: number,
    groupOf?: (record: ConsumerRecord<Item>) => string,
  ): Call {
    const call = { records, attempt };
    for (const record of records) {
      const id = idOf(record);
      if (!this.#places.has(id)) {
        this.#places.set(id, { place: record, isDone: false });
      }
      for (const other of this.#running) {
        if (!groupOf) continue;
        const isShared = other.records.some((it) =>
          groupOf(it) === groupOf(record)
        );
        if (isShared) this.#faults.push(`two calls with ${id}`);
      }
    }
    this.calls.push(call);
    this.#running.add(call);
    this.#mostRunning = Math.max(this.#mostRunning, this.#running.size);
    return call;
  }

  /** Notes that a call ends, and which of its values are processed. */
  end(call: Call, processed: readonly ConsumerRecord<Item>[]): void {
    this.#running.delete(call);
    for (const record of processed) {
      this.#places.get(idOf(record))!.isDone = true;
      this.processed.push(record.value);
    }
  }

  /** Fails if something was noted that must not happen. */
  assertNoFaults(): void {
    assertEquals(this.#faults, []);
  }

  /** A checkpointer that notes a checkpoint behind a value that is not processed. */
  checkpointer(): MemoryCheckpointer {
    const inner = new MemoryCheckpointer();
    const store = inner.checkpoint.bind(inner);
    const checked: Checkpointer["checkpoint"] = (lease, checkpoint, call) => {
      for (const [id, { place, isDone }] of this.#places) {
        if (place.shardId !== lease.shardId || isDone) continue;
        if (checkpoint.type === "SHARD_END") {
          this.#faults.push(`SHARD_END passes ${id}`);
        }
        if (checkpoint.type !== "SEQUENCE") continue;
        const difference = BigInt(checkpoint.sequenceNumber) -
          BigInt(place.sequenceNumber);
        const last = checkpoint.subSequenceNumber ?? Infinity;
        const isPassed = difference > 0n ||
          difference === 0n && place.subSequenceNumber <= last;
        if (isPassed) this.#faults.push(`a checkpoint passes ${id}`);
      }
      return store(lease, checkpoint, call);
    };
    inner.checkpoint = checked;
    return inner;
  }
}

/** A text for the place of a value. */
export function idOf(
  { shardId, sequenceNumber, subSequenceNumber }: Place,
): string {
  return `${shardId} ${sequenceNumber} ${subSequenceNumber}`;
}

/** That the first calls for the values of each group were made in the order of the stream. */
export function assertFirstCallsInOrder(
  calls: readonly Call[],
  groupOf: (record: ConsumerRecord<Item>) => string,
): void {
  const seen = new Set<string>();
  const last = new Map<string, ConsumerRecord<Item>>();
  for (const record of calls.flatMap(({ records }) => records)) {
    if (seen.has(idOf(record))) continue;
    seen.add(idOf(record));
    const before = last.get(groupOf(record));
    if (before && before.shardId === record.shardId) {
      assert(isBefore(before, record), `${idOf(record)} came too late`);
    }
    last.set(groupOf(record), record);
  }
}

function isBefore(one: Place, two: Place): boolean {
  const difference = BigInt(two.sequenceNumber) - BigInt(one.sequenceNumber);
  return difference > 0n ||
    difference === 0n && two.subSequenceNumber > one.subSequenceNumber;
}
