/**
 * Measures for how long one shard has made no progress, and decides what to do about it.
 *
 * @module
 */
import type { ShardWait } from "../../health.ts";

/** What the watch sees of a shard at one look. */
export interface ShardView {
  /** What the shard waits for; `undefined` if there is nothing to do. */
  readonly waitsFor: ShardWait | undefined;
  /** Changes when the reader gets further. */
  readonly readerSteps: number;
  /** Since when the reader has been in its wait, in milliseconds. */
  readonly readerSince: number;
  /** Changes when a value is handed out. */
  readonly handedOut: number;
  /** Changes when a value is acknowledged. */
  readonly acknowledged: number;
}

/** A shard without progress. */
export interface Stall {
  /** What it waits for. */
  readonly waitsFor: ShardWait;
  /** For how long it has made no progress, in milliseconds. */
  readonly stalledMs: number;
  /** What to do about it. */
  readonly action: "none" | "restart" | "release";
}

/** Waits of the reader. All others wait for the application, where a new reader would not help. */
const OF_READER: ReadonlySet<ShardWait | undefined> = new Set<ShardWait>([
  "iterator",
  "request",
  "records",
  "backoff",
]);

/** Follows one shard. */
export class StallWatch {
  readonly #limitMs: number;
  #view: ShardView | undefined;
  #since = 0;
  #reportAtMs: number;
  #hasRestarted = false;
  #handedOutAt: number | undefined;
  #acknowledgedAt: number | undefined;

  /** A shard is stalled after `limitMs` milliseconds without progress. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#reportAtMs = limitMs;
  }

  /** When a look first saw the last value that was handed out, in milliseconds. */
  get handedOutAt(): number | undefined {
    return this.#handedOutAt;
  }

  /** When a look first saw the last acknowledgement, in milliseconds. */
  get acknowledgedAt(): number | undefined {
    return this.#acknowledgedAt;
  }

  /** For how long the shard has waited without progress at the last look, in milliseconds. */
  waitingMs(now: number): number | undefined {
    return this.#view?.waitsFor === undefined
      ? undefined
      : Math.round(now - this.#since);
  }

  /**
   * The stall at the last look, if it is time to tell: at the limit, and at 2, 4, 8… times the
   * limit. What to do:
   *
   * - `none`: the shard waits for the application, for a pause after an error, or for a request that
   *   has not taken as long as the limit. The limit of failures ends the errors.
   * - `restart`: a request has taken as long as the limit, or the answers get no further.
   * - `release`: the same after a restart.
   */
  due(now: number): Stall | undefined {
    const view = this.#view;
    if (!view) return undefined;
    const { waitsFor } = view;
    const stalledMs = Math.round(now - this.#since);
    if (waitsFor === undefined || stalledMs < this.#limitMs) return undefined;
    const isHung = waitsFor === "records" ||
      waitsFor !== "backoff" && OF_READER.has(waitsFor) &&
        now - view.readerSince >= this.#limitMs;
    if (isHung) {
      const action = this.#hasRestarted ? "release" : "restart";
      this.#hasRestarted = true;
      this.#start(now);
      // If the new request hangs too, it has taken `limitMs` a moment after the next report is due.
      // That report is left to the release.
      this.#reportAtMs *= 2;
      return { waitsFor, stalledMs, action };
    }
    if (stalledMs < this.#reportAtMs) return undefined;
    this.#reportAtMs *= 2;
    return { waitsFor, stalledMs, action: "none" };
  }

  /** Looks at the shard. Call it at least every second. */
  look(view: ShardView, now: number): void {
    const before = this.#view;
    this.#view = view;
    const { waitsFor, readerSteps, handedOut, acknowledged } = view;
    const isHandedOut = handedOut !== (before?.handedOut ?? 0);
    const isAcknowledged = acknowledged !== (before?.acknowledged ?? 0);
    if (isHandedOut) this.#handedOutAt = now;
    if (isAcknowledged) this.#acknowledgedAt = now;
    const isOfReader = OF_READER.has(waitsFor);
    const hasRead = readerSteps !== before?.readerSteps;
    if (hasRead) this.#hasRestarted = false;
    const hasMoved = isOfReader ? hasRead : isHandedOut || isAcknowledged;
    if (
      hasMoved || !before || before.waitsFor === undefined ||
      waitsFor === undefined || isOfReader !== OF_READER.has(before.waitsFor)
    ) this.#start(now);
  }

  #start(now: number): void {
    this.#since = now;
    this.#reportAtMs = this.#limitMs;
  }
}
