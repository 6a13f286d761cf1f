/**
 * Sends the records of the queue.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { EarliestTimer } from "./earliest_timer.ts";
import type { BatchLimits } from "./lane.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { noteAttempt, type Outgoing } from "./outgoing.ts";
import type { Sender } from "./sender.ts";
import type { SendQueue } from "./send_queue.ts";
import type { Settlement } from "./settlement.ts";
import type { ShardWatch } from "./shard_watch.ts";
import type { Supervisor } from "./supervisor.ts";

/** The stages around the delivery. */
interface DeliveryStages<T> {
  /** Keeps the shard map fresh while records are sent. */
  readonly watch: ShardWatch<T>;
  /** Contains the records. */
  readonly queue: SendQueue<T>;
  /** Sends requests. */
  readonly sender: Sender;
  /** Applies the outcomes. */
  readonly settlement: Settlement<T>;
}

/** Delivers records. */
export class Delivery<T> {
  readonly #clock: Clock;
  readonly #limits: BatchLimits;
  readonly #maxInFlight: number;
  readonly #stages: DeliveryStages<T>;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  #inFlight = 0;
  #requests = 0;
  /** Rings when a shard at its limit may send again. */
  readonly #limitTimer: EarliestTimer;

  /** Sends nothing yet. After `signal` has aborted, no outcome wakes the supervisor. */
  constructor(
    options: ResolvedProducerOptions<T>,
    stages: DeliveryStages<T>,
    supervisor: Supervisor,
    signal: AbortSignal,
  ) {
    const { clock, maxBatchRecords, maxBatchBytes, maxInFlight } = options;
    this.#clock = clock;
    this.#limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };
    this.#maxInFlight = maxInFlight;
    this.#stages = stages;
    this.#supervisor = supervisor;
    this.#signal = signal;
    this.#limitTimer = new EarliestTimer(clock, () => supervisor.wake());
  }

  /** Requests whose outcomes are not applied. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that were sent. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether another request may start now. */
  get isReady(): boolean {
    return this.#inFlight < this.#maxInFlight &&
      !this.#stages.sender.isPaused;
  }

  /** Whether there are enough records for a full batch. */
  get batchIsFull(): boolean {
    const { maxRecords, maxBytes } = this.#limits;
    const { sendableRecords, sendableBytes } = this.#stages.queue;
    return sendableRecords >= maxRecords || sendableBytes >= maxBytes;
  }

  /**
   * Whether no request may start, and there are full batches for when some end. More values would
   * only be kept in memory: the garbage collector would copy them twice before they are sent. The
   * batches are for half of the requests that may be under way, in case several end at once.
   */
  get hasEnough(): boolean {
    if (this.isReady) return false;
    const { maxRecords, maxBytes } = this.#limits;
    const { sendableRecords, sendableBytes } = this.#stages.queue;
    const batches = Math.ceil(this.#maxInFlight / 2);
    return sendableRecords >= batches * maxRecords ||
      sendableBytes >= batches * maxBytes;
  }

  /** Sends the records that may be sent now. */
  pump(): void {
    const { queue, watch, settlement } = this.#stages;
    const now = monotonicNow(this.#clock);
    settlement.giveUpExpired(now);
    settlement.repackUnfit();
    while (this.isReady && (this.batchIsFull || queue.hasDue(now))) {
      const batch = queue.nextBatch(this.#limits, now);
      if (batch.length === 0) break;
      watch.keepFresh(now);
      this.#send(batch);
    }
    this.#wakeForLimits(now);
  }

  /** Stops the timer. */
  stop(): void {
    this.#limitTimer.clear();
  }

  async #send(batch: readonly Outgoing<T>[]): Promise<void> {
    this.#inFlight++;
    this.#requests++;
    for (const item of batch) noteAttempt(item);
    const { sender, settlement } = this.#stages;
    try {
      const result = await sender.send(batch);
      if (result) settlement.apply(batch, result);
    } catch (error) {
      // An option such as `random` has thrown.
      this.#supervisor.fail(error);
    }
    this.#inFlight--;
    if (!this.#signal.aborted) this.#supervisor.wake();
  }

  // Only while a request could be sent: otherwise the end of a request wakes the producer, and a
  // timer would fire again and again without effect.
  #wakeForLimits(now: number): void {
    const { queue } = this.#stages;
    if (queue.blockedRecords === 0 || !this.isReady) return;
    const at = now + Math.max(1, queue.waitMs(now) ?? 0);
    this.#limitTimer.set(at, now);
  }
}
