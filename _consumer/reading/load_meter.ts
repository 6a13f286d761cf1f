/**
 * Measures how much is read from a shard.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import type { LeaseLoad } from "../../checkpoint/mod.ts";
import type { Size } from "./reader_share.ts";

/** The time constant of the averages, in milliseconds: what is older counts by 1/e or less. */
const AVERAGE_MS = 60_000;
/** How long reading is measured before a load is known, in milliseconds. */
const LEAST_MS = 60_000;
/** The significant digits of a load. A row should not change with each renewal. */
const DIGITS = 2;
/** The smallest difference between two rates, in records or bytes a second. */
const LEAST_STEP = 0.1;

/**
 * A moving average of the records and bytes that are read from a shard. Records that arrived `t`
 * milliseconds ago count e^(-t / 60,000) times.
 *
 * It goes on from what the earlier holder of the lease has stored. So a load that has ended fades
 * from the first moment on, however often the lease moves.
 */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** The time of the sums, in milliseconds of the monotonic clock. */
  #at: number;
  #records = 0;
  #bytes = 0;
  #millisBehindLatest: number | undefined;

  /** Starts to measure. `before` is the load that the earlier holder has stored, if any. */
  constructor(clock: Clock, before?: LeaseLoad) {
    this.#clock = clock;
    this.#startedAt = this.#at = monotonicNow(clock);
    const { bytesPerSecond, recordsPerSecond, millisBehindLatest } = before ??
      {};
    if (!isRate(bytesPerSecond) || !isRate(recordsPerSecond)) return;
    this.#startedAt = -Infinity;
    this.#bytes = bytesPerSecond * AVERAGE_MS / 1000;
    this.#records = recordsPerSecond * AVERAGE_MS / 1000;
    this.#millisBehindLatest = millisBehindLatest;
  }

  /** Notes what an answer brought. */
  note({ records, bytes }: Size, millisBehindLatest: number | undefined): void {
    const now = monotonicNow(this.#clock);
    const kept = Math.exp((this.#at - now) / AVERAGE_MS);
    this.#records = this.#records * kept + records;
    this.#bytes = this.#bytes * kept + bytes;
    this.#at = now;
    // A strange server must not make the lease one that cannot be stored.
    this.#millisBehindLatest = Number.isFinite(millisBehindLatest)
      ? millisBehindLatest
      : undefined;
  }

  /**
   * The load, rounded to two digits. Absent in the first minute if the earlier holder has stored
   * none.
   */
  get load(): LeaseLoad | undefined {
    const now = monotonicNow(this.#clock);
    const measuredMs = now - this.#startedAt;
    if (measuredMs < LEAST_MS) return undefined;
    // Divides by the weight of the whole time: after one minute, that of 38 seconds.
    const seconds = AVERAGE_MS / 1000 *
      (1 - Math.exp(-measuredMs / AVERAGE_MS));
    const perSecond = Math.exp((this.#at - now) / AVERAGE_MS) / seconds;
    return {
      bytesPerSecond: rounded(this.#bytes * perSecond),
      recordsPerSecond: rounded(this.#records * perSecond),
      ...(this.#millisBehindLatest !== undefined &&
        { millisBehindLatest: rounded(this.#millisBehindLatest) }),
    };
  }
}

/** Whether it can be a rate: a checkpointer of the user may return anything. */
function isRate(value: number | undefined): value is number {
  return Number.isFinite(value) && value! >= 0;
}

function rounded(value: number): number {
  return value < LEAST_STEP / 2 ? 0 : Math.max(
    LEAST_STEP,
    Number(value.toPrecision(DIGITS)),
  );
}
