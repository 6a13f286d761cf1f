/**
 * Keeps received records invisible to other receivers while they are held.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import type { EntryBatcher } from "./entry_batcher.ts";
import type { HeldRecord } from "./held_record.ts";

/** A record is extended when this part of its visibility timeout is left. */
const EXTEND_AT = 1 / 2;
/** The longest time between two looks at the records, in milliseconds. */
const MOST_TICK_MS = 1000;

/** What {@linkcode Visibility} works with. */
export interface VisibilityParts {
  readonly clock: Clock;
  /** The visibility timeout, in seconds. */
  readonly seconds: number;
  /** Records are not extended after this time, in milliseconds. */
  readonly maxHoldMs: number;
  /** Sends the changes. */
  readonly changes: Pick<EntryBatcher, "add">;
  /** A record was lost. */
  readonly onLost: (held: HeldRecord, error: unknown) => void;
}

/** The records that are held. */
export class Visibility {
  readonly #parts: VisibilityParts;
  readonly #held = new Set<HeldRecord>();
  readonly #tickMs: number;
  #timer: unknown;
  #isTicking = false;

  /** Holds nothing yet. */
  constructor(parts: VisibilityParts) {
    this.#parts = parts;
    this.#tickMs = Math.min(MOST_TICK_MS, parts.seconds * 1000 / 20);
  }

  /** The number of records. */
  get size(): number {
    return this.#held.size;
  }

  /** The records, oldest first. */
  get held(): Iterable<HeldRecord> {
    return this.#held;
  }

  /** Keeps a record invisible until it is over. */
  hold(held: HeldRecord): void {
    this.#held.add(held);
    this.#startTicking();
  }

  /** Keeps it no longer. */
  release(held: HeldRecord): void {
    this.#held.delete(held);
    if (this.#held.size === 0) this.#stopTicking();
  }

  #startTicking(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#isTicking = false;
      this.look();
      if (this.#held.size > 0) this.#startTicking();
    }, this.#tickMs);
  }

  #stopTicking(): void {
    if (!this.#isTicking) return;
    this.#isTicking = false;
    this.#parts.clock.clearTimeout(this.#timer);
  }

  /**
   * Extends the records whose visibility timeout is half over, and loses those whose timeout is
   * over.
   */
  look(): void {
    const { clock, seconds, maxHoldMs } = this.#parts;
    const now = monotonicNow(clock);
    const marginMs = seconds * 1000 * EXTEND_AT;
    for (const held of [...this.#held]) {
      // Not later than this look: at the next one, another receiver may have it already.
      if (held.visibleAt - now <= this.#tickMs) this.#lose(held, undefined);
      else if (
        held.visibleAt - now <= marginMs && !held.extending &&
        now - held.received.receivedAt < maxHoldMs
      ) this.#extend(held);
    }
  }

  #extend(held: HeldRecord): void {
    const { changes, seconds } = this.#parts;
    const { receiptHandle } = held.received;
    held.extending = changes.add({
      ReceiptHandle: receiptHandle,
      VisibilityTimeoutSeconds: seconds,
    }, held.visibleAt).then(({ sentAt, error }) => {
      held.extending = undefined;
      if (error) this.#lose(held, error);
      else held.visibleAt = sentAt + seconds * 1000;
    });
  }

  #lose(held: HeldRecord, error: unknown): void {
    if (!this.#held.has(held)) return;
    this.release(held);
    held.lose(error);
    this.#parts.onLost(held, error);
  }
}
