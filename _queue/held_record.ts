/**
 * One received record, until it is settled.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";
import { combined, type Settlement } from "./settlement.ts";

/** Why {@linkcode HeldRecord.overSignal} aborts. Without a reason, each abort makes an error. */
const SETTLED = "The record is settled";

/** What is known of a received record. */
export interface ReceivedRecord {
  /** Identifies the delivery. */
  readonly receiptHandle: string;
  /** Identifies the record. */
  readonly recordId: string;
  /** How often it was delivered. */
  readonly receiveCount: number;
  /** The size of its data. */
  readonly bytes: number;
  /** When the request was sent that received it, by the monotonic clock. */
  readonly receivedAt: number;
  /** Until when no other receiver sees it, by the monotonic clock. */
  readonly visibleAt: number;
}

/** A record that this consumer has, and no other receiver sees. */
export class HeldRecord {
  readonly received: ReceivedRecord;
  /** Until when no other receiver sees it, by the monotonic clock. */
  visibleAt: number;
  /** Resolves when the request for a longer visibility that is under way is answered. */
  extending: Promise<void> | undefined;
  readonly #onSettled: (held: HeldRecord, settlement: Settlement) => void;
  /** Values that are not settled. */
  #open = 0;
  #settlement: Settlement | undefined;
  #isOver = false;
  #loss: KinesisError | undefined;
  // Made late: most applications do not ask for the signals.
  #lost: AbortController | undefined;
  #over: AbortController | undefined;

  /** `onSettled` is called when all values are settled. It is not called after a loss. */
  constructor(
    received: ReceivedRecord,
    onSettled: (held: HeldRecord, settlement: Settlement) => void,
  ) {
    this.received = received;
    this.visibleAt = received.visibleAt;
    this.#onSettled = onSettled;
  }

  /** Whether it is settled or lost: it is of no more concern here. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Aborts when the visibility is lost. */
  get lostSignal(): AbortSignal {
    this.#lost ??= abortedIf(this.#loss !== undefined, this.#loss);
    return this.#lost.signal;
  }

  /** Aborts when it is settled or lost. */
  get overSignal(): AbortSignal {
    this.#over ??= abortedIf(this.#isOver, this.#loss);
    return this.#over.signal;
  }

  /** Notes the number of its values. A record without values is settled at once. */
  open(values: number): void {
    this.#open = values;
    if (values === 0) this.#end({ type: "acknowledge" });
  }

  /** Settles one value. */
  settle(settlement: Settlement): void {
    if (this.#isOver) return;
    this.#settlement = combined(this.#settlement, settlement);
    if (--this.#open === 0) this.#end(this.#settlement);
  }

  /** Gives the record back, also if some of its values are settled. */
  giveBack(delaySeconds = 0): void {
    if (!this.#isOver) this.#end({ type: "return", delaySeconds });
  }

  /** Other receivers may see it now. */
  lose(cause: unknown): void {
    if (this.#isOver) return;
    const { recordId } = this.received;
    const error = new KinesisError(
      `The record ${recordId} of the queue is visible to other receivers again`,
      { code: "VisibilityLost", cause, retryable: true },
    );
    this.#isOver = true;
    this.#loss = error;
    this.#lost?.abort(error);
    this.#over?.abort(error);
  }

  #end(settlement: Settlement): void {
    this.#isOver = true;
    this.#onSettled(this, settlement);
    this.#over?.abort(SETTLED);
  }
}

function abortedIf(isAborted: boolean, reason: unknown): AbortController {
  const controller = new AbortController();
  if (isAborted) controller.abort(reason);
  return controller;
}
