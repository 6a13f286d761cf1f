/**
 * The objects that a consumer of a queue hands out.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { Unpacked } from "../processors/mod.ts";
import type {
  DeadLetterRecord,
  QueueRecord,
  QueueRetryOptions,
} from "../records.ts";
import type { HeldRecord } from "./held_record.ts";
import type { Settlement } from "./settlement.ts";

/** The longest time that a record can be made invisible, in seconds. */
export const MOST_SECONDS = 43_200;

/** The facts that all values of a record share. */
export interface QueueRecordSource {
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** When the stream received the record. */
  readonly approximateArrivalTimestamp: Date;
  /** When it was delivered for the first time. */
  readonly firstReceiveTimestamp: Date;
  /** The record. */
  readonly held: HeldRecord;
}

/** The state of a value that its copies share. */
interface Ticket {
  /** Copies that are not settled. */
  open: number;
  /** Whether {@linkcode DeliveredQueueRecord.copyOf} has divided it. */
  isShared: boolean;
}

/** A value of a record. */
export class DeliveredQueueRecord<T> implements DeadLetterRecord<T> {
  readonly value: T;
  readonly queueARN: string;
  readonly recordId: string;
  readonly subSequenceNumber: number;
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  readonly approximateArrivalTimestamp: Date;
  readonly firstReceiveTimestamp: Date;
  readonly receiveCount: number;
  readonly #item: Extract<Unpacked<T>, { type: "value" }>;
  readonly #source: QueueRecordSource;
  readonly #bytes: number;
  readonly #ticket: Ticket;
  #isSettled = false;

  /** `bytes` is the part of the value in the data of the record. */
  constructor(
    item: Extract<Unpacked<T>, { type: "value" }>,
    source: QueueRecordSource,
    bytes: number,
    ticket: Ticket = { open: 1, isShared: false },
  ) {
    const { received } = source.held;
    this.value = item.value;
    this.queueARN = source.queueARN;
    this.recordId = received.recordId;
    this.subSequenceNumber = item.subSequenceNumber;
    this.partitionKey = item.partitionKey;
    this.explicitHashKey = item.explicitHashKey;
    this.approximateArrivalTimestamp = source.approximateArrivalTimestamp;
    this.firstReceiveTimestamp = source.firstReceiveTimestamp;
    this.receiveCount = received.receiveCount;
    this.#item = item;
    this.#source = source;
    this.#bytes = bytes;
    this.#ticket = ticket;
  }

  get id(): string {
    return `${this.recordId}-${this.subSequenceNumber}`;
  }

  get signal(): AbortSignal {
    return this.#source.held.lostSignal;
  }

  ack(): void {
    this.#settle({ type: "acknowledge" });
  }

  retry(options?: QueueRetryOptions): void {
    const check = new OptionCheck("Cannot retry");
    check.object("options", options, ["delaySeconds"]);
    const delaySeconds = check.number("delaySeconds", options?.delaySeconds, {
      default: 0,
      most: MOST_SECONDS,
      integer: true,
    });
    this.#settle({ type: "return", delaySeconds });
  }

  restore(): void {
    this.#settle({ type: "restore" });
  }

  /** One of `count` copies of a value, which is settled when all of them are. */
  static copyOf(record: object, count: number): object {
    const original = record as DeliveredQueueRecord<unknown>;
    const ticket = original.#ticket;
    if (!ticket.isShared) {
      ticket.isShared = true;
      ticket.open = count;
    }
    return new DeliveredQueueRecord(
      original.#item,
      original.#source,
      original.#bytes,
      ticket,
    );
  }

  /** The record of a value. */
  static heldOf(record: object): HeldRecord {
    return (record as DeliveredQueueRecord<unknown>).#source.held;
  }

  /** The part of a value in the data of its record, in bytes. */
  static bytesOf(record: object): number {
    return (record as DeliveredQueueRecord<unknown>).#bytes;
  }

  /** JSON has the fields only, and `id` is none. */
  toJSON(): Omit<QueueRecord<T>, "ack" | "retry" | "signal"> {
    return { ...this, id: this.id };
  }

  #settle(settlement: Settlement): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const ticket = this.#ticket;
    const { held } = this.#source;
    // The last copy settles the value. One that is given back or restored decides at once.
    if (settlement.type !== "acknowledge" && ticket.open > 0) ticket.open = 1;
    if (--ticket.open === 0) held.settle(settlement);
  }
}
