/**
 * The records of a queue: which are visible, in flight and dead letters.
 *
 * @module
 */
import { invalidArgument, notFound } from "../_wire/service_error.ts";
import { MAX_REMEMBERED_ACKNOWLEDGEMENTS } from "./limits.ts";
import { QueueEntry } from "./queue_entry.ts";
import { QueueLane } from "./queue_lane.ts";
import type { QueueSource } from "./queue_source.ts";
import type { Stream } from "./stream.ts";

/** The two parts of a queue. */
export type LaneName = "records" | "deadLetters";

/** What a receipt handle stands for: one delivery of one record. */
export interface Receipt {
  readonly lane: LaneName;
  /** The number of the entry in its queue. */
  readonly id: number;
  /** The number of the delivery of this entry. */
  readonly delivery: number;
}

/** The parts of new queue records. */
export interface QueueRecordsOptions {
  readonly stream: Stream;
  readonly source: QueueSource;
  /** Chooses which record is received next: a number from 0 to 1 (exclusive). */
  readonly random: () => number;
  /** The most records in flight, dead letters included. */
  readonly maxInFlight: number;
  /** Receives after which a record becomes a dead letter; `Infinity` for never. */
  readonly maxReceiveCount: number;
}

/** What a receive asks for. */
export interface ReceiveOptions {
  /** The most records. */
  readonly limit: number;
  /** How long the records are in flight, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * How many records are delivered again although they are in flight or acknowledged. They come
   * first and count against `limit`.
   */
  readonly duplicates: number;
}

/** What was received. */
export interface Received {
  readonly entries: readonly QueueEntry[];
  /** How many of them were in flight or acknowledged. */
  readonly duplicates: number;
}

/** The records of a queue. Every method first does what is due at `now`. */
export class QueueRecords {
  readonly #options: QueueRecordsOptions;
  readonly #lanes: Readonly<Record<LaneName, QueueLane>>;
  /** All records by number, oldest first. */
  readonly #entries: Map<number, QueueEntry> = new Map();
  /** The latest acknowledged records, for duplicates. */
  #acknowledged: { readonly lane: LaneName; readonly entry: QueueEntry }[] = [];
  #maxReceiveCount: number;
  #nextId = 1;

  /** Makes the records of a queue. */
  constructor(options: QueueRecordsOptions) {
    this.#options = options;
    this.#maxReceiveCount = options.maxReceiveCount;
    const { random } = options;
    this.#lanes = {
      records: new QueueLane(random),
      deadLetters: new QueueLane(random),
    };
  }

  /** When the next visibility timeout ends, at the earliest; `Infinity` without one. */
  get nextTimeoutAt(): number {
    const { records, deadLetters } = this.#lanes;
    return Math.min(records.nextTimeoutAt, deadLetters.nextTimeoutAt);
  }

  /** The records in flight, dead letters included. */
  get inFlightCount(): number {
    const { records, deadLetters } = this.#lanes;
    return records.inFlight.size + deadLetters.inFlight.size;
  }

  /** One of the two parts of the queue. */
  lane(name: LaneName, now: number): QueueLane {
    this.#settle(now);
    return this.#lanes[name];
  }

  /** Receives records in random order. Returns fewer than `limit` if no more are visible. */
  receive(name: LaneName, options: ReceiveOptions, now: number): Received {
    this.#settle(now);
    const lane = this.#lanes[name];
    const { limit } = options;
    const received = options.duplicates > 0
      ? this.#chooseDuplicates(name, Math.min(limit, options.duplicates), now)
      : [];
    const duplicates = received.length;
    const deliver = (entry: QueueEntry) => {
      entry.receiveCount++;
      entry.deliveries++;
      entry.firstReceivedAt ??= now;
      lane.hide(entry, now + options.timeoutMs);
    };
    received.forEach(deliver);
    while (
      received.length < limit && this.inFlightCount < this.#options.maxInFlight
    ) {
      const entry = lane.choose();
      if (!entry) break;
      deliver(entry);
      received.push(entry);
    }
    return { entries: received, duplicates };
  }

  /** Removes a record for good. Throws if the receipt is not valid. */
  acknowledge(receipt: Receipt, now: number): void {
    const entry = this.#find(receipt, now);
    this.#remove(entry);
    this.#acknowledged.push({ lane: receipt.lane, entry });
    if (this.#acknowledged.length > 2 * MAX_REMEMBERED_ACKNOWLEDGEMENTS) {
      this.#acknowledged = this.#acknowledged.slice(
        -MAX_REMEMBERED_ACKNOWLEDGEMENTS,
      );
    }
  }

  /** Hides a record that is in flight for `ms` more milliseconds. Throws if it is not in flight. */
  setVisibility(receipt: Receipt, ms: number, now: number): void {
    const entry = this.#find(receipt, now);
    const lane = this.#lanes[receipt.lane];
    if (!lane.inFlight.has(entry)) {
      throw invalidArgument(
        "The record is not in flight: its visibility timeout has ended.",
      );
    }
    if (ms > 0) lane.hide(entry, now + ms);
    else this.#endFlight(receipt.lane, entry);
  }

  /** Moves a dead letter back to the records, with a receive count of 0. */
  restore(receipt: Receipt, now: number): void {
    const entry = this.#find(receipt, now);
    this.#lanes.deadLetters.remove(entry);
    entry.receiveCount = 0;
    this.#lanes.records.show(entry);
  }

  /** Sets the receives after which a record becomes a dead letter. Visible records follow at once. */
  setMaxReceiveCount(count: number, now: number): void {
    this.#settle(now);
    this.#maxReceiveCount = count;
    const { records } = this.#lanes;
    for (const entry of [...records.visible]) {
      if (entry.receiveCount >= count) this.#endFlight("records", entry);
    }
  }

  /** Does everything that is due: new records, visibility timeouts, the end of the retention. */
  #settle(now: number): void {
    for (const source of this.#options.source.read(now)) {
      const entry = new QueueEntry(this.#nextId++, source);
      this.#entries.set(entry.id, entry);
      this.#lanes.records.show(entry);
    }
    for (const name of ["records", "deadLetters"] as const) {
      for (
        let entry = this.#lanes[name].nextTimeout(now);
        entry;
        entry = this.#lanes[name].nextTimeout(now)
      ) {
        this.#endFlight(name, entry);
      }
    }
    const horizon = this.#options.stream.horizon(now);
    for (const entry of this.#entries.values()) {
      if (entry.record.time >= horizon) break;
      this.#remove(entry);
    }
  }

  /** Makes a record visible again, or a dead letter if it was received too often. */
  #endFlight(name: LaneName, entry: QueueEntry): void {
    this.#lanes[name].remove(entry);
    const isDead = name === "deadLetters" ||
      entry.receiveCount >= this.#maxReceiveCount;
    this.#lanes[isDead ? "deadLetters" : "records"].show(entry);
  }

  #remove(entry: QueueEntry): void {
    this.#entries.delete(entry.id);
    this.#lanes.records.remove(entry);
    this.#lanes.deadLetters.remove(entry);
  }

  #find({ lane, id, delivery }: Receipt, now: number): QueueEntry {
    this.#settle(now);
    const entry = this.#entries.get(id);
    if (!entry) {
      throw notFound(
        "The record of this receipt handle was acknowledged or has expired.",
      );
    }
    if (entry.deliveries !== delivery) {
      throw notFound(
        "The record was received again: only its latest receipt handle is valid.",
      );
    }
    if (!this.#lanes[lane].has(entry)) {
      throw notFound(
        lane === "records"
          ? "The record has become a dead letter."
          : "The dead letter was restored.",
      );
    }
    return entry;
  }

  /** Chooses records that are in flight or acknowledged. Adds the acknowledged ones again. */
  #chooseDuplicates(
    name: LaneName,
    count: number,
    now: number,
  ): QueueEntry[] {
    const horizon = this.#options.stream.horizon(now);
    const acknowledged = this.#acknowledged
      .filter(({ lane, entry }) =>
        lane === name && entry.record.time >= horizon
      )
      .map(({ entry }) => entry);
    const candidates = [...this.#lanes[name].inFlight, ...acknowledged];
    let room = this.#options.maxInFlight - this.inFlightCount;
    const chosen: QueueEntry[] = [];
    while (chosen.length < count && candidates.length > 0) {
      const index = Math.floor(this.#options.random() * candidates.length);
      const [entry] = candidates.splice(index, 1) as [QueueEntry];
      const isInFlight = this.#lanes[name].inFlight.has(entry);
      if (!isInFlight && room-- <= 0) continue;
      if (!isInFlight) this.#addAgain(entry);
      chosen.push(entry);
    }
    return chosen;
  }

  #addAgain(entry: QueueEntry): void {
    this.#acknowledged = this.#acknowledged
      .filter((acknowledged) => acknowledged.entry !== entry);
    // The entries stay in the order of their numbers, which is that of their arrival.
    const entries = [...this.#entries.values(), entry]
      .sort((a, b) => a.id - b.id);
    this.#entries.clear();
    for (const item of entries) this.#entries.set(item.id, item);
  }
}
