/**
 * When a shard may be subscribed to.
 *
 * @module
 */
import { RESUBSCRIBE_AFTER_MS } from "../../_aws/limits.ts";
import { equalJitter, type Random } from "../../_core/backoff.ts";
import { type Clock, delay, monotonicNow } from "../../_core/clock.ts";

/** The least time between two attempts to subscribe, in milliseconds. */
const LEAST_PAUSE_MS = 1000;
/** The pauses while another program subscribes through the same consumer. */
const CONTENTION = { baseMs: 10_000, maxMs: 60_000 };
/** A subscription that lives this long, in milliseconds, shows that no other worker takes it over. */
const UNDISPUTED_MS = 60_000;

/**
 * The pace of the subscriptions of one reader to its shard: at most one attempt a second, at most
 * one start in 5 seconds, and longer pauses while another program takes the subscription.
 */
export class SubscriptionPace {
  readonly #clock: Clock;
  readonly #random: Random;
  #nextAt = -Infinity;
  #startedAt = -Infinity;
  #losses = 0;

  /** The first attempt need not wait. */
  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How often in a row another program took the subscription, or held it already. */
  get losses(): number {
    return this.#losses;
  }

  /** Waits until an attempt may be made, and counts it. */
  async wait(signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    const pauseMs = this.#nextAt - monotonicNow(clock);
    if (pauseMs > 0) await delay(pauseMs, { clock, signal });
    this.#nextAt = monotonicNow(clock) + LEAST_PAUSE_MS;
  }

  /** A subscription has started. */
  noteStart(): void {
    this.#startedAt = monotonicNow(this.#clock);
    this.#nextAt = this.#startedAt + RESUBSCRIBE_AFTER_MS;
  }

  /** An event of the subscription has arrived. */
  noteEvent(): void {
    const ageMs = monotonicNow(this.#clock) - this.#startedAt;
    if (ageMs >= UNDISPUTED_MS) this.#losses = 0;
  }

  /**
   * Another program has the subscription, or this program had one a moment ago. Returns the pause
   * before the next attempt, in milliseconds.
   */
  noteLoss(): number {
    this.#losses++;
    const pauseMs = this.#losses === 1
      ? RESUBSCRIBE_AFTER_MS
      : equalJitter(CONTENTION, this.#losses - 2, this.#random);
    this.#nextAt = monotonicNow(this.#clock) + pauseMs;
    return pauseMs;
  }
}
