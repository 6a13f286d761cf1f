/**
 * Calls a function for each value of one event, in order and in time.
 *
 * @module
 */
import type { DecodedRecord } from "../records.ts";
import { type DecodedItem, decodeEvent, locate } from "./decode_event.ts";
import type { Deadline } from "./_deadline.ts";
import type { KinesisStreamEvent } from "./event.ts";
import { report, settlePoison } from "./_failures.ts";
import type { HandlerSettings } from "./handler_options.ts";

/** Where a record lies. */
export type Place = Pick<DecodedRecord<unknown>, "shardId" | "sequenceNumber">;

/** An item and what has become of it. */
interface Entry<T> {
  readonly item: DecodedItem<T>;
  /** Absent if it is not started. */
  state?: "running" | "done" | "failed";
  /** Whether the handler has asked for its signal. */
  hears?: boolean;
}

/** The items of a key, or of a shard. Those before `next` have been started. */
interface Lane<T> {
  readonly entries: Entry<T>[];
  next: number;
}

/** The values of one event. */
export class Batch<T> {
  /** The first error of a value. */
  firstError: unknown;
  readonly #settings: HandlerSettings<T>;
  readonly #deadline: Deadline;
  readonly #entries: Entry<T>[] = [];
  /** Lanes with a value that may start. While one of its values is running, a lane is not in it. */
  #ready: Lane<T>[] = [];
  /** The first lane in `#ready` that is not taken. An index, because `shift` copies the array. */
  #next = 0;
  /** Shards in which a value has failed. */
  readonly #stopped = new Set<string>();

  /** Nothing is decoded before {@linkcode Batch.process}. */
  constructor(settings: HandlerSettings<T>, deadline: Deadline) {
    this.#settings = settings;
    this.#deadline = deadline;
  }

  /** Resolves with the records of what is not processed, when no call is left or time is over. */
  async process(event: KinesisStreamEvent): Promise<readonly Place[]> {
    const { signal } = this.#deadline;
    if (!await this.#deadline.isInTime(this.#decode(event))) {
      const records = event.Records.map(locate);
      // Without a report, nothing would say why Lambda sends the records again.
      if (records[0]) {
        await this.#deadline.settle(this.#fail(records[0], signal.reason));
      }
      return records;
    }
    await this.#deadline.isInTime(this.#callAll());
    const left = this.#entries.filter(({ state }) => state !== "done");
    if (signal.aborted) await this.#deadline.settle(this.#reportLate(left));
    return left.map(({ item }) => item);
  }

  /** Decodes all values, so that nothing is processed if the event cannot be decoded. */
  async #decode(event: KinesisStreamEvent): Promise<void> {
    for await (const item of decodeEvent(event, this.#settings)) {
      this.#entries.push({ item });
    }
  }

  async #callAll(): Promise<void> {
    const lanes = new Map<unknown, Lane<T>>();
    for (const entry of this.#entries) {
      const key = this.#keyOf(entry);
      const lane = lanes.get(key);
      if (lane) lane.entries.push(entry);
      else lanes.set(key, { entries: [entry], next: 0 });
    }
    this.#ready = [...lanes.values()];
    const workers = Array.from(
      { length: Math.min(this.#settings.concurrency, lanes.size) },
      () => this.#work(),
    );
    await Promise.all(workers);
  }

  #keyOf(entry: Entry<T>): unknown {
    const { ordering } = this.#settings;
    const { item } = entry;
    if (ordering === "none") return entry;
    if (ordering === "shard" || item.type !== "value") return item.shardId;
    const { partitionKey } = item.record;
    // Values without a key have no order among each other.
    return partitionKey === undefined
      ? entry
      : `${item.shardId} ${partitionKey}`;
  }

  /** Takes the lanes in turns. */
  async #work(): Promise<void> {
    while (this.#next < this.#ready.length) {
      const lane = this.#ready[this.#next++]!;
      await this.#attempt(lane.entries[lane.next++]!);
      if (lane.next < lane.entries.length) this.#ready.push(lane);
    }
  }

  async #attempt(entry: Entry<T>): Promise<void> {
    const isStopped = this.#settings.ordering !== "none" &&
      this.#stopped.has(entry.item.shardId);
    if (isStopped || this.#deadline.isLate) return;
    entry.state = "running";
    try {
      await this.#call(entry);
      // A handler that was told to stop may have returned half-way.
      if (!entry.hears || !this.#deadline.signal.aborted) entry.state = "done";
    } catch (error) {
      // Otherwise it was reported when the time was over.
      if (entry.state !== "running") return;
      entry.state = "failed";
      await this.#fail(entry.item, error);
    }
  }

  async #call(entry: Entry<T>): Promise<void> {
    const { handler, onPoison } = this.#settings;
    const { signal } = this.#deadline;
    const { item } = entry;
    if (item.type === "error") return await settlePoison(item.error, onPoison);
    await handler(item.record, {
      get signal() {
        entry.hears = true;
        return signal;
      },
    });
  }

  async #fail(item: Place | DecodedItem<T>, error: unknown): Promise<void> {
    this.#stopped.add(item.shardId);
    this.firstError ??= error;
    await report(this.#settings.onFailure, item, error);
  }

  /** Reports the values that are running, or the first one if there was no time to start any. */
  async #reportLate(left: readonly Entry<T>[]): Promise<void> {
    const late = left.filter(({ state }) => state === "running");
    if (left[0] && this.#stopped.size === 0 && late.length === 0) {
      late.push(left[0]);
    }
    await Promise.all(late.map((entry) => {
      entry.state = "failed";
      return this.#fail(entry.item, this.#deadline.signal.reason);
    }));
  }
}
