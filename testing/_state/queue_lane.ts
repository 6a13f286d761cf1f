/**
 * One of the two parts of a queue: its records, or its dead letters.
 *
 * @module
 */
import { DueHeap } from "./due_heap.ts";
import type { QueueEntry } from "./queue_entry.ts";

/** Outdated due times that are kept at most, besides as many as there are records in flight. */
const MAX_OUTDATED = 1_000;

/** Records that are visible, and records that are in flight until their visibility timeout. */
export class QueueLane {
  readonly #random: () => number;
  readonly #visible: QueueEntry[] = [];
  readonly #inFlight: Set<QueueEntry> = new Set();
  /** May hold outdated times: a timeout counts only if the entry still has that time. */
  readonly #timeouts: DueHeap<QueueEntry> = new DueHeap();

  /** Makes an empty lane. `random` chooses which record is received next. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The records that can be received. */
  get visible(): readonly QueueEntry[] {
    return this.#visible;
  }

  /** The records that were received and neither acknowledged nor timed out. */
  get inFlight(): ReadonlySet<QueueEntry> {
    return this.#inFlight;
  }

  /** When the next visibility timeout ends, at the earliest; `Infinity` without one. */
  get nextTimeoutAt(): number {
    return this.#timeouts.nextAt;
  }

  /** Whether the record is in this lane. */
  has(entry: QueueEntry): boolean {
    return this.#inFlight.has(entry) || this.#visible[entry.index] === entry;
  }

  /** Makes a record visible. */
  show(entry: QueueEntry): void {
    this.remove(entry);
    entry.index = this.#visible.length;
    this.#visible.push(entry);
  }

  /** Hides a record until `until`, in milliseconds since the epoch. */
  hide(entry: QueueEntry, until: number): void {
    this.remove(entry);
    entry.visibleAt = until;
    this.#inFlight.add(entry);
    this.#timeouts.push(until, entry);
    if (this.#timeouts.size > this.#inFlight.size * 2 + MAX_OUTDATED) {
      this.#timeouts.retain((item, at) => this.#isHiddenUntil(item, at));
    }
  }

  /** Removes a record, if it is in this lane. */
  remove(entry: QueueEntry): void {
    if (this.#inFlight.delete(entry)) entry.visibleAt = undefined;
    if (this.#visible[entry.index] !== entry) return;
    // The last record takes the place, so that no other index changes.
    const last = this.#visible.pop()!;
    if (last !== entry) {
      this.#visible[entry.index] = last;
      last.index = entry.index;
    }
    entry.index = -1;
  }

  /** A visible record, chosen at random. `undefined` if there is none. */
  choose(): QueueEntry | undefined {
    return this.#visible[Math.floor(this.#random() * this.#visible.length)];
  }

  /** Removes a record whose visibility timeout is over and returns it. */
  nextTimeout(now: number): QueueEntry | undefined {
    while (this.#timeouts.nextAt <= now) {
      const at = this.#timeouts.nextAt;
      const entry = this.#timeouts.pop()!;
      if (!this.#isHiddenUntil(entry, at)) continue;
      this.remove(entry);
      return entry;
    }
    return undefined;
  }

  #isHiddenUntil(entry: QueueEntry, at: number): boolean {
    return entry.visibleAt === at && this.#inFlight.has(entry);
  }
}
