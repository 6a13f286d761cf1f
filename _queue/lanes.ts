/**
 * The lanes of values of a queue: what is dropped together when it must not be processed here any
 * more.
 *
 * @module
 */
import type { WorkLane } from "../_processing/work.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import type { HeldRecord } from "./held_record.ts";

/** Stops extending a record that cannot be processed here. */
export type Abandon = (held: HeldRecord, reason: unknown) => void;

/** The values of one record. They are processed independently of those of other records. */
export class RecordLane implements WorkLane {
  readonly #held: HeldRecord;
  readonly #abandon: Abandon;

  /** A lane for the values of a record. */
  constructor(held: HeldRecord, abandon: Abandon) {
    this.#held = held;
    this.#abandon = abandon;
  }

  get signal(): AbortSignal {
    return this.#held.overSignal;
  }

  /** Its values were received already. */
  hold(): void {}

  giveUp(reason: Error): void {
    this.#abandon(this.#held, reason);
  }
}

/** The values of all records, which share batches. */
export class SharedLane implements WorkLane {
  /** Never aborts. */
  readonly signal: AbortSignal = new AbortController().signal;
  #held: Deferred<void> | undefined;

  /** Resolves when it takes further values; `undefined` if it does now. */
  get held(): Promise<void> | undefined {
    return this.#held?.promise;
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#held ??= deferred();
    else {
      this.#held?.resolve();
      this.#held = undefined;
    }
  }

  /** The other batches have nothing to do with the one whose handler does not end. */
  giveUp(): "keep" {
    return "keep";
  }
}
