/**
 * Counts the values of a consumer that are not acknowledged, and notices an application that
 * acknowledges nothing.
 *
 * @module
 */
import { ResettableTimer } from "../../_core/resettable_timer.ts";
import { type Share, Shares } from "../../_core/shares.ts";
import type { KinesisError } from "../../errors.ts";
import { neverAcknowledged } from "./ack_errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** How long a full stream waits for the first acknowledgement, in milliseconds. */
const FIRST_ACKNOWLEDGEMENT_MS = 5000;

/** The acknowledgements of all shards. */
export class Acknowledgements {
  readonly #limit: number;
  readonly #shares: Shares;
  readonly #timer: ResettableTimer;
  #hasAcknowledged = false;
  #willAcknowledge = false;
  #areManaged = false;

  /**
   * Calls `onNone` with an error if not one value is acknowledged within 5 seconds of
   * {@linkcode Acknowledgements.awaitFirst}.
   */
  constructor(
    { maxUnacknowledged, clock }: Pick<
      ConsumerSettings,
      "maxUnacknowledged" | "clock"
    >,
    onNone: (error: KinesisError) => void,
  ) {
    this.#limit = maxUnacknowledged;
    this.#shares = new Shares(maxUnacknowledged);
    this.#timer = new ResettableTimer(clock, FIRST_ACKNOWLEDGEMENT_MS, () => {
      if (!this.areExpected) onNone(this.noneError());
    });
  }

  /**
   * The number of values from the oldest unacknowledged value of each shard to its newest value.
   */
  get missing(): number {
    return this.#shares.used;
  }

  /** Whether so many values are not acknowledged as may be. */
  get areAtLimit(): boolean {
    return this.missing >= this.#limit;
  }

  /**
   * Whether no value of any shard is handed out. At the limit, a shard may still use its part:
   * another shard has used it before this one was opened. Without parts, the limit holds for all.
   */
  get areAllPaused(): boolean {
    return this.areAtLimit && this.#shares.part < 1;
  }

  /** Whether the application has acknowledged a value, or said that it will. */
  get areExpected(): boolean {
    return this.#hasAcknowledged || this.#willAcknowledge;
  }

  /**
   * Whether the library itself acknowledges every value, because it calls a handler. Without a
   * checkpointer, values are not acknowledged by being handed out then.
   */
  get areManaged(): boolean {
    return this.#areManaged;
  }

  /** Adds a shard, which gets a part of the limit. */
  join(): Share {
    return this.#shares.join();
  }

  /** The application has acknowledged a value. */
  note(): void {
    this.#hasAcknowledged = true;
  }

  /** Notes whether the application's way of reading will acknowledge values. */
  expect(will: boolean): void {
    this.#willAcknowledge = will;
  }

  /** From now on the library itself acknowledges every value. */
  manage(): void {
    this.#areManaged = true;
    this.#willAcknowledge = true;
  }

  /** Starts to wait for the first acknowledgement, unless that wait has begun. */
  awaitFirst(): void {
    this.#timer.set();
  }

  /** The error for a stream of which no value was acknowledged. */
  noneError(): KinesisError {
    return neverAcknowledged(this.missing);
  }

  /** Stops the timer. */
  stop(): void {
    this.#timer.clear();
  }
}
