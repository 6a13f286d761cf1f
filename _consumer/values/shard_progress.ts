/**
 * Tracks which values of a shard are handed out, and up to which value all are acknowledged.
 *
 * @module
 */
import { Deque } from "../../_core/deque.ts";
import type { Checkpoint } from "../../records.ts";

/** One value that was handed out. */
export interface Ticket {
  /** The sequence number of its Kinesis record. */
  readonly sequenceNumber: string;
  /** Its index inside that record; `undefined` for the last value of a record. */
  readonly subSequenceNumber: number | undefined;
  /** When that record arrived. `undefined` if the server does not tell. */
  readonly arrival: Date | undefined;
  /** Whether the value is acknowledged. */
  done: boolean;
}

/**
 * The watermark of one shard: the last value up to which all values are acknowledged. It never
 * passes a value that is not. Example: of the values 1 to 5, 1, 2 and 4 are acknowledged. The
 * watermark is 2. When 3 is acknowledged, it moves to 4.
 */
export class ShardProgress {
  readonly #pending = new Deque<Ticket>();
  readonly #onChange: (difference: number) => void;
  readonly #onAcknowledged: () => void;
  #watermark: Ticket | undefined;
  #stored: Ticket | undefined;
  #handedOut = 0;
  #acknowledgements = 0;

  /**
   * Calls `onChange` with the change of {@linkcode ShardProgress.unacknowledged}, and
   * `onAcknowledged` for each acknowledgement, even if the watermark does not move.
   */
  constructor(
    onChange: (difference: number) => void,
    onAcknowledged: () => void = () => {},
  ) {
    this.#onChange = onChange;
    this.#onAcknowledged = onAcknowledged;
  }

  /** The number of values that the watermark has not passed. */
  get unacknowledged(): number {
    return this.#pending.length;
  }

  /** The first value that the watermark has not passed. */
  get oldest(): Ticket | undefined {
    return this.#pending.peek();
  }

  /** The number of values that were handed out. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** The number of values that were acknowledged. */
  get acknowledgements(): number {
    return this.#acknowledgements;
  }

  /** The sequence number of the watermark, if there is one. */
  get acknowledged(): string | undefined {
    return this.#watermark?.sequenceNumber;
  }

  /**
   * The values that are not acknowledged and come before a value that is, or before one of `begun`.
   */
  overtaken(begun: ReadonlySet<Ticket>): ReadonlySet<Ticket> {
    const overtaken = new Set<Ticket>();
    let between: Ticket[] = [];
    for (const ticket of this.#pending) {
      if (ticket.done || begun.has(ticket)) {
        for (const earlier of between) overtaken.add(earlier);
        between = [];
      } else between.push(ticket);
    }
    return overtaken;
  }

  /** Adds a value that is handed out. Values must come in the order of the shard. */
  handOut(ticket: Ticket): void {
    this.#pending.push(ticket);
    this.#handedOut++;
    this.#onChange(1);
  }

  /** Adds a value that counts as acknowledged. */
  pass(ticket: Ticket): void {
    if (this.#pending.length > 0) {
      this.handOut(ticket);
      return this.acknowledge(ticket);
    }
    // The usual case, without the calls for a change that is undone at once.
    ticket.done = true;
    this.#watermark = ticket;
    this.#onAcknowledged();
  }

  /** Acknowledges a value. A second call does nothing. */
  acknowledge(ticket: Ticket): void {
    if (ticket.done) return;
    ticket.done = true;
    this.#acknowledgements++;
    this.#onAcknowledged();
    let passed = 0;
    while (this.#pending.peek()?.done) {
      this.#watermark = this.#pending.shift();
      passed++;
    }
    if (passed > 0) this.#onChange(-passed);
  }

  /**
   * The checkpoint to store, if the watermark has moved since the last stored one. Pass `mark` to
   * {@linkcode ShardProgress.stored} afterwards.
   */
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

  /** Notes that the checkpoint of this mark is stored. */
  stored(mark: Ticket): void {
    this.#stored = mark;
  }
}
