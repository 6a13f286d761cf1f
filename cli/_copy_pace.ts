/**
 * How fast records are copied.
 *
 * @module
 */
import type { CapturedRecord } from "../testing/mod.ts";
import { pause } from "./_pause.ts";

/** The limits of a copy. */
export interface PaceOptions {
  /** 1 for the pace of the recording, 2 for twice as fast. Absent for no such pace. */
  readonly speed?: number;
  /** The most records a second. Absent for no limit. */
  readonly rate?: number;
}

/** Less is not worth a timer, in milliseconds. */
const LEAST_WAIT_MS = 2;

/** Delays records. */
export class Pace {
  readonly #options: PaceOptions;
  #start: number | undefined;
  #first: number | undefined;
  #records = 0;

  /** Starts with the first record. */
  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a record is due; `undefined` if it is due already. Rejects if the signal aborts.
   */
  due(
    { arrivedAt }: CapturedRecord,
    signal: AbortSignal,
  ): Promise<void> | undefined {
    const { speed, rate } = this.#options;
    if (speed === undefined && rate === undefined) return undefined;
    const now = performance.now();
    const start = this.#start ??= now;
    this.#first ??= arrivedAt;
    let at = start;
    if (rate !== undefined) at = start + 1000 * this.#records / rate;
    if (speed !== undefined && arrivedAt !== undefined) {
      at = Math.max(at, start + (arrivedAt - this.#first!) / speed);
    }
    this.#records++;
    return at - now < LEAST_WAIT_MS ? undefined : pause(at - now, signal);
  }
}
