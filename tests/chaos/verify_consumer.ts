/**
 * The rules that consumers must keep in every schedule.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { CheckpointError, KinesisError } from "../../errors.ts";
import type { Checkpoint } from "../../records.ts";
import type { ConsumerOutcome } from "./consumer_run.ts";
import type { ConsumerSchedule } from "./consumer_schedule.ts";
import type { Position } from "./event_log.ts";
import type { Item } from "./items.ts";
import type { StoredShard, StoredValue } from "./stored.ts";

/** A shard and its progress at one event of the events. */
class ShardBook {
  readonly stored: StoredShard<Item>;
  readonly #indexes: Map<string, number>;
  readonly done: Set<number> = new Set();
  /** Number of values up to the last accepted checkpoint. */
  checkpoint = 0;
  /** Number of values up to the highest checkpoint that may have been accepted. */
  maybe = 0;

  constructor(stored: StoredShard<Item>) {
    this.stored = stored;
    this.#indexes = new Map(
      stored.values.map((value, index) => [keyOf(value), index]),
    );
  }

  /** Whether all values are processed. */
  get isDone(): boolean {
    return this.done.size === this.stored.values.length;
  }

  /** The index of a value. Throws if there is no value at this position. */
  indexOf(position: Position): number {
    const index = this.#indexes.get(keyOf(position));
    assert(index !== undefined, `There is nothing at ${keyOf(position)}`);
    return index;
  }

  /** How many values a checkpoint covers. */
  covered(checkpoint: Checkpoint): number {
    const { values } = this.stored;
    if (checkpoint.type === "SHARD_END") return values.length;
    if (checkpoint.type !== "SEQUENCE") return 0;
    const { sequenceNumber, subSequenceNumber = Infinity } = checkpoint;
    const isCovered = (value: StoredValue<Item>) => {
      const difference = BigInt(value.sequenceNumber) - BigInt(sequenceNumber);
      return difference < 0n ||
        difference === 0n && value.subSequenceNumber <= subSequenceNumber;
    };
    return values.filter(isCovered).length;
  }
}

/** What one life reads of one shard. */
class Reader {
  readonly #name: string;
  readonly #book: ShardBook;
  /** The number of values before the checkpoint of the lease. */
  #start = 0;
  /** The next index; undefined until the first value after the shard was opened. */
  #next: number | undefined;
  /** The same of an earlier lease, whose last values may still be in the queue of a pipe. */
  #earlier: number | undefined;

  constructor(name: string, book: ShardBook) {
    this.#name = name;
    this.#book = book;
  }

  /** The lease is taken. From here on, no other worker can store a checkpoint. */
  take(checkpoint: Checkpoint): void {
    this.#start = this.#book.covered(checkpoint);
    assert(
      this.#start >= this.#book.checkpoint,
      `${this.#name} was taken at ${this.#start}, the checkpoint is ${this.#book.checkpoint}`,
    );
  }

  /** Reading begins. */
  open(): void {
    this.#earlier = this.#next ?? this.#earlier;
    this.#next = undefined;
  }

  /** A value arrived: the one behind the last, or one from the checkpoint on. */
  see(index: number): void {
    if (index === this.#next) this.#next++;
    else if (index === this.#earlier) this.#earlier++;
    else if (this.#next === undefined) {
      const { maybe } = this.#book;
      const range = `${this.#start} to ${maybe}`;
      assert(
        index >= this.#start && index <= maybe,
        `${this.#name} started at ${index}, not from ${range}`,
      );
      this.#next = index + 1;
    } else {
      assertEquals(
        index,
        this.#next,
        `${this.#name} skipped a value, or went back`,
      );
    }
  }
}

/** Throws if a rule was broken. */
export function verifyConsumers(
  schedule: Pick<ConsumerSchedule, "values" | "storeFailures">,
  { events, stored, leases, errors }: ConsumerOutcome,
): void {
  // Compares ids, not counts: a record whose answer was lost may be stored twice.
  const ids = new Set(
    stored.flatMap(({ values }) => values.map(({ value }) => value.id)),
  );
  assertEquals(ids.size, schedule.values);
  const books = new Map(stored.map((it) => [it.shardId, new ShardBook(it)]));
  const bookOf = (shardId: string) => {
    const book = books.get(shardId);
    assert(book, `There is no ${shardId}`);
    return book;
  };
  const readers = new Map<string, Reader>();
  const readerOf = (life: string, shardId: string) => {
    const name = `${life} ${shardId}`;
    const known = readers.get(name) ?? new Reader(name, bookOf(shardId));
    readers.set(name, known);
    return known;
  };
  for (const entry of events.entries) {
    const { life } = entry;
    if (entry.type === "checkpoint") {
      const { shardId, checkpoint } = entry;
      const book = bookOf(shardId);
      const covered = book.covered(checkpoint);
      for (let index = 0; index < covered; index++) {
        assert(
          book.done.has(index),
          `${life} stored ${checkpoint.type} for ${shardId}, which covers the unprocessed value ${index}`,
        );
      }
      if (entry.accepted === false) continue;
      book.maybe = Math.max(book.maybe, covered);
      if (entry.accepted === undefined) continue;
      assert(covered >= book.checkpoint, `${shardId} went back: ${life}`);
      book.checkpoint = covered;
      continue;
    }
    if (entry.type === "taken") {
      readerOf(life, entry.shardId).take(entry.checkpoint);
      continue;
    }
    if (entry.type === "opened") {
      readerOf(life, entry.shardId).open();
      const { stored: { parentShardIds } } = bookOf(entry.shardId);
      for (const parent of parentShardIds) {
        assert(
          books.get(parent)?.isDone ?? true,
          `${life} opened ${entry.shardId} before ${parent} was processed`,
        );
      }
      continue;
    }
    const book = bookOf(entry.at.shardId);
    const index = book.indexOf(entry.at);
    if (entry.type === "done") {
      book.done.add(index);
      continue;
    }
    assertEquals(entry.item, book.stored.values[index]!.value);
    readerOf(life, entry.at.shardId).see(index);
  }
  for (const [shardId, { isDone, done }] of books) {
    assert(isDone, `${shardId} is not processed, only ${done.size} values are`);
  }
  checkLeases(stored, leases, books);
  for (const error of errors) {
    assertInstanceOf(error, KinesisError);
    const isExpected = error.retryable ||
      schedule.storeFailures > 0 && error instanceof CheckpointError;
    assert(isExpected, `A consumer has failed for good: ${error}`);
  }
}

/** Checks that the last checkpoints cover everything, and that only the last worker has leases. */
function checkLeases(
  stored: readonly StoredShard<Item>[],
  leases: ConsumerOutcome["leases"],
  books: ReadonlyMap<string, ShardBook>,
): void {
  const parents = new Set(stored.flatMap((it) => it.parentShardIds));
  assertEquals(leases.length, stored.length);
  for (const { shardId, checkpoint, owner } of leases) {
    const { values } = books.get(shardId)!.stored;
    const covered = books.get(shardId)!.covered(checkpoint);
    assertEquals(covered, values.length, `the checkpoint of ${shardId}`);
    assertEquals(checkpoint.type === "SHARD_END", parents.has(shardId));
    // A release may time out, and no worker takes the lease of a finished shard.
    const isFree = owner === undefined || owner === "last";
    assert(isFree || parents.has(shardId), `${owner} has ${shardId}`);
  }
}

function keyOf(
  { shardId, sequenceNumber, subSequenceNumber }: Position,
): string {
  return `${shardId}/${sequenceNumber}/${subSequenceNumber}`;
}
