/**
 * Moves values on: from the waiting lines into the packer, and from the queue into requests.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { ResettableTimer } from "../_core/resettable_timer.ts";
import type { FailedValue } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { FlushResult } from "./results.ts";
import type { Stages } from "./stages.ts";

/**
 * How long writers wait at most while there is enough to send, in milliseconds. During an outage
 * they then go on, until the buffer is full.
 */
const PAUSE_MS = 1000;

/** Decides when the stages work. */
export class Pump<T> {
  readonly #stages: Stages<T>;
  /** Rings `lingerMs` after a value was accepted. Then everything is sent, full batch or not. */
  readonly #linger: ResettableTimer;
  #isHalted = false;
  /** The wait of the writers while there is enough to send. */
  #pause: Deferred<void> | undefined;
  readonly #pauseEnd: ResettableTimer;
  /** Whether a pause has taken too long, and no request has ended since then. */
  #isStuck = false;

  /** Does nothing before the first value. */
  constructor(
    { clock, lingerMs }: Pick<
      ResolvedProducerOptions<T>,
      "clock" | "lingerMs"
    >,
    stages: Stages<T>,
  ) {
    this.#stages = stages;
    this.#linger = new ResettableTimer(clock, lingerMs, () => this.#sendAll());
    this.#pauseEnd = new ResettableTimer(clock, PAUSE_MS, () => {
      this.#isStuck = true;
      this.#endPause();
    });
  }

  /** Does what can be done now: accepts values that wait, ends flushes, and sends batches. */
  run(): void {
    this.#acceptWaiting();
    this.#stages.ledger.settleFlushes();
    this.#send();
    this.sendAllIfStuck();
    this.#isStuck = false;
    if (!this.#stages.delivery.hasEnough) this.#endPause();
  }

  /**
   * Sends a batch if the value that was accepted last has filled it. The promise resolves when more
   * values are needed, or after {@linkcode PAUSE_MS}; `undefined` if the next value may come now.
   */
  sendFull(): Promise<void> | undefined {
    const { ledger, delivery } = this.#stages;
    // A value that was given up at once leaves nothing to send.
    if (ledger.bufferedValues > 0 && !this.#isHalted) this.#linger.set();
    if (!delivery.batchIsFull) return undefined;
    if (delivery.isReady) this.#send();
    // If no request may start, the end of a request sends the batch.
    if (this.#isHalted || this.#isStuck || !delivery.hasEnough) {
      return undefined;
    }
    this.#pauseEnd.set();
    this.#pause ??= deferred();
    return this.#pause.promise;
  }

  /** Sends partial batches if writers wait for room and requests could be sent. */
  sendAllIfStuck(): void {
    const { waiters, watch, packing, queue, delivery } = this.#stages;
    const { batchIsFull, isReady } = delivery;
    if (waiters.length === 0 || this.#isHalted) return;
    if (!watch.isStarted || !isReady || batchIsFull) return;
    if (packing.isBusy) return;
    if (packing.pending > 0 || queue.waitsForMore) this.#sendAll();
  }

  /**
   * Sends everything that was accepted so far, and waits until it is settled. `arriving` resolves
   * when the values that were written before the call are accepted or wait for room; absent if they
   * are. `earlier` failures are for a caller, who is told of all failures.
   */
  async flush(
    arriving?: Promise<void>,
    earlier?: FailedValue<T>[],
  ): Promise<FlushResult<T>> {
    const { waiters, ledger } = this.#stages;
    if (!arriving && ledger.bufferedValues + waiters.length === 0) {
      return { delivered: 0, failed: earlier ?? [] };
    }
    const flush = ledger.beginFlush(earlier);
    if (arriving) {
      this.#sendAll();
      await arriving;
    }
    // Values that wait for room were written before the flush.
    waiters.flushAfterAll(flush);
    this.#limitFlushes();
    return await flush.done;
  }

  /** Starts no request any more. Accepted values are still packed. */
  halt(): void {
    this.#isHalted = true;
    this.#endPause();
  }

  /** Stops everything. */
  stop(): void {
    this.halt();
    this.#linger.clear();
    this.#stages.delivery.stop();
  }

  #endPause(): void {
    this.#pauseEnd.clear();
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  #acceptWaiting(): void {
    this.#stages.intake.acceptWaiting();
    this.#limitFlushes();
  }

  /** Flushes whose earlier values are all accepted wait only for these values. */
  #limitFlushes(): void {
    const { waiters, ledger } = this.#stages;
    const flushes = waiters.dueFlushes();
    if (flushes.length === 0) return;
    for (const flush of flushes) ledger.limitFlush(flush);
    this.#sendAll();
    ledger.settleFlushes();
  }

  /** Packs all accepted values, and sends them without waiting for a full batch. */
  async #sendAll(): Promise<void> {
    await this.#stages.packing.flush();
    this.#stages.queue.makeDue();
    this.#send();
  }

  #send(): void {
    const { watch, delivery, ledger, queue, packing } = this.#stages;
    if (!watch.isStarted || this.#isHalted) return;
    delivery.pump();
    // Records that have expired make room, or have ended the producer.
    this.#acceptWaiting();
    if (this.#isHalted) return;
    // While no value is buffered there is no timer, which would keep the process alive.
    if (ledger.bufferedValues === 0) this.#linger.clear();
    else if (queue.waitsForMore || packing.pending > 0) this.#linger.set();
  }
}
