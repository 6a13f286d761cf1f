/**
 * What of a shard has been handed out, and up to where everything has been acknowledged.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import type { Checkpoint } from "../records.ts";

/** One thing that was handed out. */
export interface Ticket {
  /** The sequence number of its Kinesis record. */
  readonly sequenceNumber: string;
  /** Its index inside that record; `undefined` for the last one, behind which the whole record is done. */
  readonly subSequenceNumber: number | undefined;
  /** Whether it has been acknowledged. */
  done: boolean;
}

/** The contiguous watermark of one shard: it never passes a ticket that is not done, whatever the order of acknowledging. */
export class ShardProgress {
  readonly #open = new Deque<Ticket>();
  readonly #onChange: (difference: number) => void;
  readonly #onAcknowledged: () => void;
  #watermark: Ticket | undefined;
  #stored: Ticket | undefined;

  /**
   * `onChange` hears how many tickets are open more than before, or less; `onAcknowledged` hears each acknowledgement, also one
   * that does not move the watermark.
   */
  constructor(
    onChange: (difference: number) => void,
    onAcknowledged: () => void = () => {},
  ) {
    this.#onChange = onChange;
    this.#onAcknowledged = onAcknowledged;
  }

  /** Tickets that the watermark has not passed. */
  get unacknowledged(): number {
    return this.#open.length;
  }

  /** The first ticket that the watermark has not passed. */
  get oldest(): Ticket | undefined {
    return this.#open.peek();
  }

  /** The sequence number of the watermark, if anything was acknowledged. */
  get acknowledged(): string | undefined {
    return this.#watermark?.sequenceNumber;
  }

  /** Hands out a ticket; tickets must come in the order of the shard. */
  handOut(ticket: Ticket): void {
    this.#open.push(ticket);
    this.#onChange(1);
  }

  /** Marks a ticket as done; a second time does nothing. */
  acknowledge(ticket: Ticket): void {
    if (ticket.done) return;
    ticket.done = true;
    this.#onAcknowledged();
    let passed = 0;
    while (this.#open.peek()?.done) {
      this.#watermark = this.#open.shift();
      passed++;
    }
    if (passed > 0) this.#onChange(-passed);
  }

  /** The checkpoint that has not been stored yet, if the watermark has moved. {@linkcode ShardProgress.stored} takes the mark. */
  get unstored(): { mark: Ticket; checkpoint: Checkpoint } | undefined {
    const mark = this.#watermark;
    if (!mark || mark === this.#stored) return undefined;
    const { sequenceNumber, subSequenceNumber } = mark;
    return {
      mark,
      checkpoint: subSequenceNumber === undefined
        ? { type: "SEQUENCE", sequenceNumber }
        : { type: "SEQUENCE", sequenceNumber, subSequenceNumber },
    };
  }

  /** The checkpoint of this mark is stored. */
  stored(mark: Ticket): void {
    this.#stored = mark;
  }
}
